/**
 * Tables as rules name them and as statements do. A rule that gives something away must be sure, one that takes something
 * must miss nothing, so the two compare differently.
 */
import type { Access, Operation } from "../contract/operation.ts";
import { compileGlob, isGlob } from "./glob.ts";

interface Touched {
  readonly operation: Operation;
  readonly access: Access;
  readonly tables: readonly string[];
}

/** Names the same table, or may: spelling and schema are the database's to resolve (search_path, collations). */
function mayBe(pattern: string, table: string): boolean {
  const [wanted, named] = [pattern.toLowerCase(), table.toLowerCase()];
  if (isGlob(wanted)) {
    const test = compileGlob(wanted);
    return test(named) || (!wanted.includes(".") && test(named.slice(named.lastIndexOf(".") + 1)));
  }
  return named === wanted || named.endsWith(`.${wanted}`) || wanted.endsWith(`.${named}`);
}

/** A SQL write whose statement names no table: a procedure, a text that no parser reads. It may touch any. */
function mayTouchAny({ operation, access, tables }: Touched): boolean {
  const isSql = operation.kind === "sql" || operation.kind === "sql-batch";
  return isSql && access === "write" && tables.length === 0;
}

/** Whether an operation may touch one of the tables, for rules that deny, hold or limit. */
export function mayTouch(patterns: readonly string[], touched: Touched): boolean {
  return (
    mayTouchAny(touched) ||
    touched.tables.some((table) => patterns.some((pattern) => mayBe(pattern, table)))
  );
}

/** Whether an operation touches these tables and no other, for rules that allow or exempt. */
export function touchesOnly(patterns: readonly string[], { tables }: Touched): boolean {
  if (tables.length === 0) return false;
  const tests = patterns.map(compileGlob);
  return tables.every((table) => tests.some((test) => test(table)));
}
