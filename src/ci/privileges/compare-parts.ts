/**
 * Compares settings key by key. A key that no comparer knows is wider by any change, so that a setting which the schema
 * gains is told before somebody says what it means.
 */
import { isDeepStrictEqual } from "node:util";
import { parseDuration } from "../../contract/duration.ts";
import { isNetworkWithin } from "../../contract/network.ts";
import type { WorkspacePath } from "../../contract/workspace-fault.ts";
import type { RuleChange } from "./rule-change.ts";

/** What came of one setting; `at` is below where it was compared. */
export interface PartChange {
  readonly widens: boolean;
  readonly what: string;
  readonly at: WorkspacePath;
}

export type Compare<V> = (old: V | undefined, now: V | undefined) => readonly PartChange[];

/** A comparer for every key. */
export type Comparers<T> = { readonly [K in keyof T]-?: Compare<T[K]> };

export const wider = (what: string): PartChange[] => [{ widens: true, what, at: [] }];
export const narrower = (what: string): PartChange[] => [{ widens: false, what, at: [] }];

/** Compared elsewhere, or of no weight for what an app may do. */
export const untold = (): PartChange[] => [];

/** Any change is wider. */
export const changed: Compare<unknown> = (old, now) =>
  isDeepStrictEqual(old, now) ? [] : wider(old === undefined ? "is new" : "has changed");

/** What was not there guards more; any other change is wider. */
export const guarding: Compare<unknown> = (old, now) =>
  old === undefined && now !== undefined ? narrower("is new") : changed(old, now);

/** More is wider. */
export function atMost(fallback: number): Compare<number | undefined> {
  return (old = fallback, now = fallback) => {
    if (now === old) return [];
    return now > old ? wider(`is ${now} instead of ${old}`) : narrower(`is ${now}, not ${old}`);
  };
}

/** Longer is wider. */
export function noLonger(fallback: string): Compare<string | undefined> {
  return (old = fallback, now = fallback) => {
    const difference = parseDuration(now) - parseDuration(old);
    if (difference === 0) return [];
    return difference > 0
      ? wider(`is ${now} instead of ${old}`)
      : narrower(`is ${now}, not ${old}`);
  };
}

/** What is in a list and was not is wider; what went is narrower. */
export function listed<T>(
  isSaid: (one: T, by: T) => boolean = isDeepStrictEqual,
): Compare<readonly T[] | undefined> {
  return (old = [], now = []) => {
    const came = now.filter((one) => !old.some((other) => isSaid(one, other)));
    if (came.length > 0) return wider(`has ${came.map((one) => JSON.stringify(one)).join(", ")}`);
    const isKept = old.every((one) => now.some((other) => isSaid(one, other)));
    return isKept ? [] : narrower("has less");
  };
}

/** Networks that are trusted or reached: those within one that was there are nothing new. */
export const networks: Compare<readonly string[] | undefined> = listed(isNetworkWithin);

function compareKey<T extends object>(
  ...[table, key, old, now]: [Comparers<T>, keyof T, T | undefined, T | undefined]
): PartChange[] {
  const compare: Compare<T[keyof T]> = Object.hasOwn(table, key) ? table[key] : changed;
  return compare(old?.[key], now?.[key]).map((change) => ({
    ...change,
    at: [String(key), ...change.at],
  }));
}

/** Compares objects by a comparer for each of their keys. */
export function parts<T extends object>(table: Comparers<T>): Compare<T | undefined> {
  return (old, now) => {
    const keys = Object.keys({ ...old, ...now }).toSorted() as (keyof T)[];
    return keys.flatMap((key) => compareKey(table, key, old, now));
  };
}

/** Changes below a path as changes of rules: `server.pendingPerPerson is 200 instead of 100`. */
export function toRuleChanges(path: WorkspacePath, changes: readonly PartChange[]): RuleChange[] {
  return changes.map(({ widens, what, at }) => {
    const whole = [...path, ...at];
    return { widens, message: `${whole.join(".")} ${what}`, path: whole };
  });
}
