/**
 * Conditions: CEL over `arguments`, `identity` and `operation`, type-checked before they ever run. A condition that cannot
 * be evaluated is neither true nor false: it failed, and who asked decides what that means.
 */
import { Environment } from "@marcbachmann/cel-js";
import type { JudgedCall } from "./call.ts";

export type Verdict = "true" | "false" | "failed";

export interface Condition {
  readonly evaluate: (judged: JudgedCall) => Verdict;
}

export type CompiledCondition =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly reason: string };

const maxCharacters = 2000;

const environment = new Environment({
  homogeneousAggregateLiterals: false,
  limits: {
    maxAstNodes: 400,
    maxDepth: 32,
    maxListElements: 200,
    maxMapEntries: 100,
    maxCallArguments: 8,
  },
})
  .registerVariable("arguments", "map")
  .registerVariable({
    name: "identity",
    schema: { subject: "string", issuer: "string", groups: "list<string>" },
  })
  .registerVariable({
    name: "operation",
    schema: {
      id: "string",
      kind: "string",
      access: "string",
      app: "string",
      method: "string",
      path: "string",
      tables: "list<string>",
    },
  });

const listMacros: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);

function calledName(node: object): string | null {
  if (!("op" in node) || !("args" in node) || !Array.isArray(node.args)) return null;
  const name: unknown = node.op === "rcall" || node.op === "call" ? node.args[0] : null;
  return typeof name === "string" ? name : null;
}

/** What would take unbounded time on a caller's values: a regular expression, a loop within a loop. */
function unboundedPart(node: unknown, inLoop: boolean): string | null {
  if (typeof node !== "object" || node === null) return null;
  if (Array.isArray(node)) {
    for (const item of node) {
      const part = unboundedPart(item, inLoop);
      if (part !== null) return part;
    }
    return null;
  }
  const name = calledName(node);
  if (name === "matches")
    return "matches is not available; use startsWith, endsWith, contains or ==";
  const loops = name !== null && listMacros.has(name);
  if (loops && inLoop) return `${name} within another list function is not available`;
  return "args" in node ? unboundedPart(node.args, inLoop || loops) : null;
}

function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : "cannot be read";
}

function contextOf({ call, access, tables }: JudgedCall): Record<string, unknown> {
  const { operation, identity } = call;
  return {
    arguments: call.arguments,
    identity: { subject: identity.subject, issuer: identity.issuer, groups: [...identity.groups] },
    operation: {
      id: operation.id,
      kind: operation.kind,
      access,
      app: call.app,
      method: "method" in operation ? operation.method : "",
      path: "path" in operation ? operation.path : "",
      tables: [...tables],
    },
  };
}

/**
 * Compiles a condition. When it is ok, its names and types have been checked, it yields a boolean as far as types can
 * tell, and its time is bounded by its arguments' size; `evaluate` never throws.
 */
export function compileCondition(text: string): CompiledCondition {
  if (text.length > maxCharacters) return { ok: false, reason: "the condition is too long" };
  try {
    const program = environment.parse(text);
    const part = unboundedPart(program.ast, false);
    if (part !== null) return { ok: false, reason: part };
    const checked = program.check();
    if (!checked.valid) return { ok: false, reason: firstLine(checked.error) };
    if (checked.type !== "bool" && checked.type !== "dyn") {
      return { ok: false, reason: `the condition is a ${String(checked.type)}, not a bool` };
    }
    const evaluate = (judged: JudgedCall): Verdict => {
      try {
        const value: unknown = program(contextOf(judged));
        return typeof value === "boolean" ? `${value}` : "failed";
      } catch {
        return "failed";
      }
    };
    return { ok: true, condition: { evaluate } };
  } catch (error) {
    return { ok: false, reason: firstLine(error) };
  }
}
