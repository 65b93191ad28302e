/**
 * What a driver's helper writes for names and lists in the hole of a template (`sql(rows, "a", "b")` of postgres.js). The
 * analysis and the page must agree on it to the byte, so both take it from here. No import, no Node API: it runs in a page.
 */

/** What stands before a helper decides what it writes. */
export type HelperPlace = "values" | "in" | "select" | "update" | "insert" | "names";

const words: readonly (readonly [string, HelperPlace])[] = [
  ["values", "values"],
  ["in", "in"],
  ["select", "select"],
  ["as", "select"],
  ["returning", "select"],
  ["\\(", "select"],
  ["update", "update"],
  ["insert", "insert"],
];

/** The last word before a helper that one of its forms follows; `names` where there is none. */
export function helperPlace(before: string): HelperPlace {
  let found: HelperPlace = "names";
  let last = -1;
  for (const [word, place] of words) {
    const at = before.search(new RegExp(`((?:^|[\\s(])${word}(?:$|[\\s(]))(?![\\s\\S]*\\1)`, "i"));
    if (at < last || at < 0) continue;
    last = at;
    found = place;
  }
  return found;
}

/** A name as the driver quotes it; `a.b` is two names. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""').replaceAll(".", '"."')}"`;
}

function row(count: number): (string | null)[] {
  const values = Array.from({ length: count }, (_, at) => (at === 0 ? [null] : [",", null]));
  return ["(", ...values.flat(), ")"];
}

/**
 * What a helper writes for rows of these columns: texts, and null for each value in the order of rows and columns. Null where
 * it writes none there.
 */
export function helperPieces(
  place: HelperPlace,
  columns: readonly string[],
  rows: number,
): (string | null)[] | null {
  const names = columns.map(quoteName);
  const lists = Array.from({ length: rows }, (_, at) => [
    ...(at === 0 ? [] : [","]),
    ...row(columns.length),
  ]).flat();
  switch (place) {
    case "insert":
      return [`(${names.join(",")})values`, ...lists];
    case "values":
      return lists;
    case "update":
      return rows === 1
        ? names.flatMap((name, at) => [`${at === 0 ? "" : ","}${name}=`, null])
        : null;
    default:
      return null;
  }
}

/** `x IN <list>` as one value that is the list: how many elements it has is no part of the text. */
export function listPlace(before: string): { readonly before: string; readonly after: string } {
  const [all = "", not] = /\b(?:(not)\s+)?in\s*$/i.exec(before) ?? [];
  const operator = not === undefined ? "= any(" : "<> all(";
  return { before: before.slice(0, before.length - all.length) + operator, after: ")" };
}
