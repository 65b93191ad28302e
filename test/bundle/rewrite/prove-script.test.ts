import { parse } from "@babel/parser";
import { describe, expect, test } from "vitest";
import type { ScriptMarks, Slice } from "../../../src/bundle/analysis.ts";
import { isProven } from "../../../src/bundle/rewrite/prove-script.ts";
import { sinksOf } from "../../../src/bundle/rewrite/sink-census.ts";
import type { LoggedSplice } from "../../../src/bundle/rewrite/splices.ts";
import { findSinks } from "../../../src/bundle/rewrite/verify-script.ts";

describe("the census of sinks", () => {
  test.each([
    "fetch(1);a=window.fetch;b=self[`WebSocket`];window.navigator?.sendBeacon(1)",
    "({fetch});typeof fetch;typeof window.fetch;window.fetch=1;fetch=2;delete self.fetch",
    "a.fetch();({fetch:1,fetch(){}});class A{fetch=1;[fetch]=fetch;static{var fetch}}",
    "function f(fetch,navigator){fetch();navigator.sendBeacon()}fetch",
    "{let fetch;fetch()}fetch();{var WebSocket}WebSocket",
    "try{}catch(fetch){fetch}fetch",
    "for(const fetch of x)fetch();for(fetch of x);for(let self=1;;)self.fetch;self.fetch",
    "(function fetch(){fetch});(class fetch{a=fetch});fetch",
    "const {fetch=fetch,...b}=a",
    "const {a=fetch,[fetch]:c,...EventSource}=a;EventSource",
    "import {fetch as WebSocket,a as b} from 'c';WebSocket;fetch;export {b as fetch}",
    "export default fetch;fetch:for(;;)break fetch;new.target;import.meta.fetch",
    "function f(a){function fetch(){}fetch()}((fetch)=>fetch)(({EventSource})=>EventSource)",
    "switch(a){case 1:let fetch;default:fetch}if(a){function fetch(){}fetch()}",
    "({fetch(){fetch()},get [fetch](){return XMLHttpRequest}})",
    "fetch`a`;new XMLHttpRequest;new window.XMLHttpRequest;window.window.fetch;fetch++;[fetch]=a",
  ])("finds what a scope analysis finds in %j", (code) => {
    const { program } = parse(code, {
      sourceType: "unambiguous",
      allowNewTargetOutsideFunction: true,
      errorRecovery: true,
    });
    const counted = sinksOf(program).map(({ sink, start }) => ({ sink, start }));
    const looked = findSinks(code.replace("new.target;", "new_target;"), "unknown");
    expect(counted).toEqual(looked.toSorted((a, b) => a.start - b.start));
  });
});

const code = "var a=1;function f(u){return fetch(u)}var b=window.fetch";
const inner = code.indexOf("fetch(u)");
const kinds: Slice = {
  kind: "function",
  start: code.indexOf("function"),
  end: code.indexOf("var b"),
};

function spliced(splices: readonly LoggedSplice[]): string {
  let out = "";
  let at = 0;
  for (const { start, end, text } of splices) {
    out += code.slice(at, start) + text;
    at = end;
  }
  return out + code.slice(at);
}

function prove(text: string, marks: Partial<ScriptMarks> = {}): boolean {
  const splice = { start: inner, end: inner + 5, text, original: "fetch" };
  const sinks = [{ start: inner, end: inner + 5 }];
  const log = { from: "a.js", to: "a.js", splices: [splice] };
  return isProven(spliced([splice]), log, { sinks, slices: [kinds], ...marks });
}

describe("a rewritten script", () => {
  test("is proven when each sink is gone and each change parses where it stands", () => {
    expect(prove('__govern.fetch("s1")')).toBe(true);
  });

  test("is not proven when a sink is left", () => {
    const start = code.indexOf("window.fetch");
    const sinks = [
      { start: inner, end: inner + 5 },
      { start, end: start + 12 },
    ];
    expect(prove('__govern.fetch("s1")', { sinks })).toBe(false);
  });

  test.each(["__govern.fetch(", "fetch", "(0,fetch)", "new __govern.fetch", "a b"])(
    "is not proven by a change to %j",
    (text) => {
      expect(prove(text)).toBe(false);
    },
  );

  test("is not proven by a change outside every slice", () => {
    expect(prove('__govern.fetch("s1")', { slices: [] })).toBe(false);
  });
});
