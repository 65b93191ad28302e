/**
 * What a permission or limit names: `app/part`, or several parts that must all hold, joined by `+`. The app and an
 * operation's id may have `*`; the other parts are `read`, `write`, `kind:…`, `resource:…` and `table:…`, each with one
 * value or several, separated by commas.
 */
import type { Access, Operation } from "../contract/operation.ts";
import { compileGlob, isGlob } from "./glob.ts";
import { compileMayTouch, compileTouchesOnly } from "./table-names.ts";

/** What rules may know of a registered operation. */
export interface OperationFacts {
  readonly app: string;
  readonly operation: Operation;
  /** What it is governed as: after `reclassify`, and of several operations that match one call the strictest. */
  readonly access: Access;
  /** Of a batch, those of its statements. */
  readonly tables: readonly string[];
  /** Null: the app maps none, so its calls are refused. */
  readonly resource: string | null;
}

export type TargetKey = "operation" | "access" | "kind" | "resource" | "table";

export interface TargetPart {
  readonly key: TargetKey;
  readonly values: readonly string[];
}

/** Whether a rule gives (allow) or takes (deny, limit): it decides how tables are compared. */
export type TargetSense = "gives" | "takes";

export interface Target {
  readonly text: string;
  readonly app: string;
  readonly parts: readonly TargetPart[];
  readonly matches: (facts: OperationFacts) => boolean;
}

function readPart(text: string): TargetPart {
  if (text === "read" || text === "write") return { key: "access", values: [text] };
  const [, key, values] = /^(kind|resource|table):(.*)$/.exec(text) ?? [];
  return key === undefined || values === undefined
    ? { key: "operation", values: [text] }
    : { key: key as TargetKey, values: values.split(",") };
}

type Test = (facts: OperationFacts) => boolean;

function anyOf(values: readonly string[]): (text: string) => boolean {
  const tests = values.map(compileGlob);
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return only;
  return (text) => tests.some((test) => test(text));
}

function compilePart({ key, values }: TargetPart, sense: TargetSense): Test {
  const named = anyOf(values);
  switch (key) {
    case "operation":
      return ({ operation }) => named(operation.id);
    case "access":
      return ({ access }) => named(access);
    case "kind":
      return ({ operation }) => named(operation.kind);
    case "resource":
      return ({ resource }) => resource !== null && named(resource);
    case "table":
      return sense === "gives" ? compileTouchesOnly(values) : compileMayTouch(values);
  }
}

/** Compiles a target whose shape the workspace's schema has checked. */
export function parseTarget(text: string, sense: TargetSense): Target {
  const slash = text.indexOf("/");
  const app = text.slice(0, slash);
  const parts = text
    .slice(slash + 1)
    .split("+")
    .map(readPart);
  const inApp = compileGlob(app);
  const tests = parts.map((part) => compilePart(part, sense));
  return {
    text,
    app,
    parts,
    matches: (facts) => inApp(facts.app) && tests.every((test) => test(facts)),
  };
}

/** The one operation that a target names; undefined where it describes several. */
export function namedOperation({ app, parts }: Target): { app: string; id: string } | undefined {
  const ids = parts.filter(({ key }) => key === "operation").flatMap(({ values }) => values);
  const [id] = ids;
  return id === undefined || isGlob(id) || isGlob(app) ? undefined : { app, id };
}
