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

export type TableTest = (touched: Touched) => boolean;

/** Names the same table, or may: spelling and schema are the database's to resolve (search_path, collations). */
function compileMayBe(pattern: string): (lowerCaseTable: string) => boolean {
  const wanted = pattern.toLowerCase();
  if (!isGlob(wanted)) {
    return (named) =>
      named === wanted || named.endsWith(`.${wanted}`) || wanted.endsWith(`.${named}`);
  }
  const test = compileGlob(wanted);
  const bare = !wanted.includes(".");
  return (named) => test(named) || (bare && test(named.slice(named.lastIndexOf(".") + 1)));
}

/** A SQL write whose statement names no table: a procedure, a text that no parser reads. It may touch any. */
function mayTouchAny({ operation, access, tables }: Touched): boolean {
  const isSql = operation.kind === "sql" || operation.kind === "sql-batch";
  return isSql && access === "write" && tables.length === 0;
}

/** Tests whether an operation may touch one of the tables, for rules that deny, hold or limit. */
export function compileMayTouch(patterns: readonly string[]): TableTest {
  const tests = patterns.map(compileMayBe);
  return (touched) =>
    mayTouchAny(touched) ||
    touched.tables.some((table) => {
      const named = table.toLowerCase();
      return tests.some((test) => test(named));
    });
}

/** Tests whether an operation touches these tables and no other, for rules that allow or exempt. */
export function compileTouchesOnly(patterns: readonly string[]): TableTest {
  const tests = patterns.map(compileGlob);
  return ({ tables }) =>
    tables.length > 0 && tables.every((table) => tests.some((test) => test(table)));
}
