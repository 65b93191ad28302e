import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import traverseModule, { type NodePath, type Scope } from "@babel/traverse";
import type * as t from "@babel/types";
import { describe, expect, it } from "vitest";
import { indexScript } from "../../../src/bundle/modules/index-script.ts";
import { parseScript } from "../../../src/bundle/modules/parse-script.ts";
import { childKeys } from "../../../src/bundle/modules/syntax.ts";
import { Unit } from "../../../src/bundle/modules/unit.ts";
import * as types from "@babel/types";

type Traverse = (tree: t.Node, visitor: object) => void;
const imported: unknown = traverseModule;
const traverse = (
  typeof imported === "function" ? imported : (imported as { default: unknown }).default
) as Traverse;
const console = "fixtures/support-console";

async function scriptsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(".js")).map((name) => join(folder, name));
}

const files = [
  ...(await scriptsIn(`${console}/dist/assets`)),
  ...(await scriptsIn(`${console}/dist-esbuild/assets`)),
];

function unitOf(code: string, type: "module" | "classic" = "module"): Unit {
  const script = { file: "a.js", offset: 0, code, type };
  const { tree, failure } = parseScript(script, "0");
  if (failure !== undefined) throw new TypeError(failure.reason);
  return new Unit(0, { script, tree, index: indexScript(tree) });
}

/** Updates and loop targets count as reads for traverse, as writes here. */
function isWritten(path: NodePath<t.Identifier | t.JSXIdentifier>): boolean {
  const type = path.parent.type;
  return type === "UpdateExpression" || (type.startsWith("For") && path.key === "left");
}

/** Where traverse sees the binding of a name declared: offset of its identifier. */
function traverseAnswers(unit: Unit): { bound: Map<number, string>; unbound: Map<number, string> } {
  const bound = new Map<number, string>();
  const unbound = new Map<number, string>();
  traverse(unit.tree, {
    ReferencedIdentifier(path: NodePath<t.Identifier | t.JSXIdentifier>) {
      const scope: Scope = path.scope;
      const binding = scope.getBinding(path.node.name);
      const at = path.node.start ?? -1;
      if (path.node.name === "arguments" || isWritten(path)) return;
      if (binding === undefined) unbound.set(at, path.node.name);
      else bound.set(at, `${path.node.name}@${binding.scope.block.start}`);
    },
  });
  return { bound, unbound };
}

function ownAnswers(unit: Unit): { bound: Map<number, string>; unbound: Map<number, string> } {
  const bound = new Map<number, string>();
  const unbound = new Map<number, string>();
  for (const [name, identifiers] of unit.index.unbound) {
    if (name !== "arguments") for (const one of identifiers) unbound.set(one.start ?? -1, name);
  }
  const seen = new Set<object>();
  const visit = (offset: number): void => {
    for (let s: ReturnType<Unit["scopeOf"]> | null = unit.index.scope.at(offset); s; s = s.parent) {
      if (seen.has(s)) continue;
      seen.add(s);
      for (const binding of s.bindings.values()) {
        for (const read of binding.reads) {
          bound.set(read.start ?? -1, `${binding.name}@${s.node.start}`);
        }
      }
    }
  };
  for (let offset = 0; offset < unit.script.code.length; offset += 1) visit(offset);
  return { bound, unbound };
}

describe("the scope index against @babel/traverse", () => {
  it.each(files)("sees the same globals and bindings in %s", async (file) => {
    const unit = unitOf(await readFile(file, "utf8"));
    const theirs = traverseAnswers(unit);
    const own = ownAnswers(unit);
    const missing = [...theirs.bound].filter(([at, answer]) => own.bound.get(at) !== answer);
    expect(missing.slice(0, 5)).toEqual([]);
    expect(own.unbound).toEqual(theirs.unbound);
  });

  it("knows the child keys of every syntax node that it meets", () => {
    for (const [type, keys] of Object.entries(childKeys)) {
      const known = (types.VISITOR_KEYS[type] ?? []).filter(
        (key) =>
          !/assertions|type|decorators|implements|predicate|mixins|interpreter|phase|variance/i.test(
            key,
          ),
      );
      expect([type, [...keys].toSorted()]).toEqual([type, known.toSorted()]);
    }
  });

  it.each([
    ["a parameter hides a global", "function f(fetch){return fetch(1)}", []],
    ["a hoisted var hides a global", "function f(){fetch(1);if(x)var fetch=2}", ["x"]],
    ["a block function stays in its block", "{function fetch(){}fetch()}fetch()", ["fetch"]],
    ["a default sees the parameters", "function f(a,b=a+fetch){}", ["fetch"]],
    ["a named function expression sees itself", "x(function fetch(){fetch()})", ["x"]],
    ["a class name is inside its body", "x(class fetch{m(){fetch()}})", ["x"]],
    ["a catch parameter is local", "try{}catch(fetch){fetch()}", []],
    ["loop heads are local", "for(const fetch of xs)fetch();fetch", ["fetch", "xs"]],
    ["a label is no name", "fetch:for(;;)break fetch", []],
    ["keys are no names, computed ones are", "({fetch:1,[y]:2}).fetch", ["y"]],
    ["a shorthand is a name", "x({fetch})", ["fetch", "x"]],
    ["a switch is a block", "switch(v){case 1:let fetch;fetch()}fetch()", ["fetch", "v"]],
    ["assignment targets are no reads", "fetch=1;({a:self}=y)", ["y"]],
    ["a computed method key is outside", "class A{[fetch](fetch){fetch()}}", ["fetch"]],
  ])("%s", (_claim, code, globals) => {
    const unit = unitOf(code, "classic");
    expect([...unit.index.unbound.keys()].toSorted()).toEqual(globals);
  });
});

describe("Unit", () => {
  it("finds the parent of a node, also where ranges are equal", () => {
    const unit = unitOf("x({fetch});(function(){y()})()");
    const reference = unit.index.unbound.get("fetch")?.[0] as t.Identifier;
    const parent = unit.parentOf(reference) as t.ObjectProperty;
    expect(parent.type).toBe("ObjectProperty");
    expect(parent.value).toBe(reference);
    expect(unit.ancestors(reference).map((node) => node.type)).toEqual([
      "ObjectProperty",
      "ObjectExpression",
      "CallExpression",
      "ExpressionStatement",
      "Program",
    ]);
  });
});
