import { describe, expect, it } from "vitest";
import { analyzeBundle } from "../../../src/bundle/analyze.ts";
import {
  DependencyTracker,
  noDecisions,
  type Assumptions,
  type Memos,
} from "../../../src/bundle/evaluate/dependencies.ts";
import { Frame } from "../../../src/bundle/evaluate/frame.ts";
import type { FunctionNode } from "../../../src/bundle/modules/syntax.ts";
import { bundleOf } from "../in-memory.ts";

const fn = { type: "ArrowFunctionExpression" } as FunctionNode;
const frameOne = new Frame({ fn, env: null });
const frameTwo = new Frame({ fn, env: null });

function entering(frame: Frame): Assumptions {
  return {
    functions: new Set([fn]),
    frameOf: (asked) => (asked === fn ? frame : undefined),
    frameAround: () => undefined,
    isEnteredBefore: () => false,
    isUnused: () => false,
    decisions: noDecisions,
  };
}

/** A table whose values are found by a function that may ask the tracker, and how often they were found. */
function table(tracker: DependencyTracker, find: () => string) {
  const memos: Memos<string, string> = new Map();
  let found = 0;
  const counted = (): string => {
    found += 1;
    return find();
  };
  const value = (): string =>
    tracker.recall(memos, "key", "circular") ??
    tracker.end(tracker.begin(memos, "key", "circular"), counted());
  return { value, count: () => found };
}

describe("a value that was found", () => {
  it("is kept for every question where it hangs on none of them", () => {
    const tracker = new DependencyTracker();
    const { value, count } = table(tracker, () => "same");
    tracker.ask(entering(frameOne));
    value();
    tracker.ask(entering(frameTwo));
    expect([value(), count()]).toEqual(["same", 1]);
  });

  it("is found again where the call is another that it hangs on, and known again where it is the same", () => {
    const tracker = new DependencyTracker();
    const name = () => (tracker.frameOf(fn) === frameOne ? "one" : "two");
    const { value, count } = table(tracker, name);
    tracker.ask(entering(frameOne));
    expect(value()).toBe("one");
    tracker.ask(entering(frameTwo));
    expect(value()).toBe("two");
    tracker.ask(entering(frameOne));
    expect([value(), count()]).toEqual(["one", 2]);
  });

  it("is found again where a function is assumed that nobody had assumed before", () => {
    const tracker = new DependencyTracker();
    const { value } = table(tracker, () => (tracker.frameOf(fn) === undefined ? "any" : "one"));
    tracker.ask();
    expect(value()).toBe("any");
    tracker.ask(entering(frameOne));
    expect(value()).toBe("one");
    tracker.ask();
    expect(value()).toBe("any");
  });

  it("hangs on what the values hang on that it is made of, also on those that were known", () => {
    const tracker = new DependencyTracker();
    const inner = table(tracker, () => (tracker.frameOf(fn) === frameOne ? "one" : "two"));
    const outer = table(tracker, () => `of ${inner.value()}`);
    tracker.ask(entering(frameOne));
    inner.value();
    expect(outer.value()).toBe("of one");
    tracker.ask(entering(frameTwo));
    expect(outer.value()).toBe("of two");
  });

  it("is the answer to one question where it was cut short", () => {
    const tracker = new DependencyTracker();
    const { value, count } = table(tracker, () => {
      tracker.onQuestion();
      return "cut";
    });
    tracker.ask();
    value();
    value();
    tracker.ask();
    value();
    expect(count()).toBe(2);
  });

  it("is the answer for one place where it asks for a value that asks for it", () => {
    const tracker = new DependencyTracker();
    const asked = { outer: (): string => "" };
    const inner = table(tracker, () => asked.outer());
    const outer = table(tracker, () => `around ${inner.value()}`);
    asked.outer = outer.value;
    tracker.turn();
    tracker.ask();
    expect(outer.value()).toBe("around circular");
    tracker.turn();
    tracker.ask();
    expect([outer.value(), outer.count()]).toEqual(["around circular", 1]);
    expect(inner.value()).toBe("around circular");
    expect(inner.count()).toBe(2);
  });

  it("is found again for choices that come out otherwise, which a question asked afresh meets", () => {
    const tracker = new DependencyTracker();
    const choice = { key: "x", values: ["true"], by: fn, frame: frameOne };
    const { value, count } = table(tracker, () => tracker.outcomeOf(choice) ?? "open");
    tracker.ask();
    expect(value()).toBe("open");
    tracker.ask({ ...entering(frameOne), decisions: new Map([["x", "true"]]) });
    expect(value()).toBe("true");
    tracker.ask();
    value();
    expect([count(), tracker.met.length]).toEqual([2, 0]);
    tracker.ask(undefined, true);
    value();
    expect([count(), tracker.met.length]).toEqual([3, 1]);
  });
});

/** Expressions that are evaluated for an app with a wrapper that this many functions call. */
async function work(callers: number): Promise<number> {
  const guards = Array.from(
    { length: 40 },
    (_, at) => `if (state.g${at}) headers["x-${at}"] = h(${at});`,
  );
  const calls = Array.from(
    { length: callers },
    (_, at) => `export const c${at} = () => send("/p${at}");`,
  );
  const code = `const state = window.state; const h = (n) => state["k" + n];
    function send(path) { const headers = {}; ${guards.join("")} return fetch("/api" + path, { headers }) }
    ${calls.join("\n")}`;
  let steps = 0;
  const { operations } = await analyzeBundle(bundleOf({ "a.js": code }), "app", {
    onWork: (done) => {
      steps = done;
    },
  });
  expect(operations).toHaveLength(callers);
  return steps;
}

describe("a wrapper", () => {
  it("is evaluated anew for a caller only where the caller makes a difference", async () => {
    const one = await work(1);
    const many = await work(41);
    expect((many - one) / 40).toBeLessThan(one / 10);
  });
});
