/**
 * Conditions: CEL over `arguments`, `identity`, `operation` and `time`, type-checked before they ever run. A condition that
 * cannot be evaluated is neither true nor false: it failed, and who asked decides what that means.
 */
import type { Operation } from "../contract/operation.ts";
import { argumentFault, conditionEnvironment } from "./argument-types.ts";
import type { JudgedCall } from "./call.ts";
import {
  readsOf,
  literalFault,
  searches,
  unboundedPart,
  type ArgumentReads,
} from "./expression.ts";

export type Verdict = "true" | "false" | "failed";

/** What a condition sees of one call. */
export type ConditionContext = Readonly<Record<string, unknown>>;

export interface Condition {
  readonly evaluate: (context: ConditionContext) => Verdict;
  /** Which arguments it reads. */
  readonly reads: ArgumentReads;
  /** Why it does not fit an operation's known fields and their types; null where it fits. */
  readonly faultFor: (operation: Operation) => string | null;
}

export type CompiledCondition =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly reason: string };

const maxCharacters = 2000;
const maxValues = 1000;
const maxText = 65_536;

const environment = conditionEnvironment();

function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : "cannot be read";
}

/** What conditions see of a call. */
export function contextOf({ call, facts }: JudgedCall): ConditionContext {
  const { operation, identity } = call;
  return {
    arguments: call.arguments,
    identity: { subject: identity.subject, issuer: identity.issuer, groups: [...identity.groups] },
    operation: {
      id: operation.id,
      kind: operation.kind,
      access: facts.access,
      app: call.app,
      method: "method" in operation ? operation.method : "",
      path: "path" in operation ? operation.path : "",
      tables: [...facts.tables],
    },
    time: call.time,
  };
}

/** Whether arguments are small enough to be searched: a bound on the time of a condition that loops or searches. */
function isSearchable(args: unknown): boolean {
  let values = 0;
  let text = 0;
  const open: unknown[] = [args];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    values += 1;
    if (typeof value === "string") text += value.length;
    if (typeof value === "object" && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        text += key.length;
        open.push(member);
      }
    }
    if (values > maxValues || text > maxText) return false;
  }
  return true;
}

/**
 * Compiles a condition. When it is ok, its names and types have been checked, it yields a boolean as far as types can
 * tell, and its time is bounded: it is linear in the arguments, or it fails for more than a thousand values or 64 KiB of
 * text. `evaluate` never throws.
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
    const literal = literalFault(program.ast);
    if (literal !== null) return { ok: false, reason: literal };
    const reads = readsOf(program.ast);
    const bounded = reads.any && searches(program.ast);
    const evaluate = (context: ConditionContext): Verdict => {
      if (bounded && !isSearchable(context["arguments"])) return "failed";
      try {
        const value: unknown = program(context);
        return typeof value === "boolean" ? `${value}` : "failed";
      } catch {
        return "failed";
      }
    };
    const faultFor = (operation: Operation): string | null => argumentFault(operation, text, reads);
    return { ok: true, condition: { evaluate, reads, faultFor } };
  } catch (error) {
    return { ok: false, reason: firstLine(error) };
  }
}
