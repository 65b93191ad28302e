/** What answers do not tell whom. Policy says which masks apply; whoever has the answer applies them. */
import type { Operation } from "../contract/operation.ts";
import type { Mask } from "../contract/workspace.ts";
import { parseTarget, type Target } from "./target.ts";

export interface MaskRule {
  /** e.g. `masks[0]`. */
  readonly name: string;
  readonly index: number;
  readonly targets: readonly Target[];
  /** Each as its names, in lower case: `card.number` is `["card", "number"]`. */
  readonly fields: readonly (readonly string[])[];
  /** Whom it does not bind. */
  readonly except: readonly string[];
}

/** Compiles a mask whose shape the workspace's schema has checked. */
export function compileMask({ mask, fields, except }: Mask, index: number): MaskRule {
  return {
    name: `masks[${index}]`,
    index,
    targets: mask.map((target) => parseTarget(target, "takes")),
    fields: fields.map((field) => field.toLowerCase().split(".")),
    except: except ?? [],
  };
}

/** Those of an operation's masks that bind somebody of these groups. */
export function masksFor(
  masks: readonly MaskRule[],
  groups: readonly string[],
): readonly MaskRule[] {
  return masks.filter(({ except }) => !except.some((group) => groups.includes(group)));
}

/** The words of a statement, in lower case: names, and those within quotes. */
export function wordsOf(statement: string): ReadonlySet<string> {
  return new Set(statement.toLowerCase().match(/[\p{L}\p{N}_$]+/gu));
}

/** Whether an operation's answer may have a field, as far as its text tells: `*` may give any, and so may an API. */
export function mayGive(operation: Operation, field: readonly string[]): boolean {
  if (operation.kind !== "sql") return operation.kind !== "sql-batch";
  if (operation.statement.includes("*")) return true;
  const words = wordsOf(operation.statement);
  return field.some((name) => words.has(name));
}
