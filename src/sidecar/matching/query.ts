/** Reads a raw query string strictly, and writes one from validated values. */
import type { JsonValue } from "../../contract/canonical-json.ts";

/** Values by key, in order of appearance; undefined when an escape is bad. */
export type QueryValues = ReadonlyMap<string, readonly string[]>;

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

/** Parses `a=1&b=2` (also a urlencoded form). Undefined for a bad escape or a control character. */
export function parseQuery(raw: string): QueryValues | undefined {
  const values = new Map<string, string[]>();
  for (const pair of raw.split("&")) {
    if (pair === "") continue;
    const cut = pair.indexOf("=");
    const key = decodePart(cut < 0 ? pair : pair.slice(0, cut));
    const value = decodePart(cut < 0 ? "" : pair.slice(cut + 1));
    if (key === undefined || value === undefined) return undefined;
    if (controlCharacter.test(key) || controlCharacter.test(value)) return undefined;
    const list = values.get(key);
    if (list === undefined) values.set(key, [value]);
    else list.push(value);
  }
  return values;
}

function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Renders typed values as a query string without `?`; a list repeats its key. */
export function renderQuery(values: Readonly<Record<string, JsonValue>>): string {
  return Object.entries(values)
    .flatMap(([key, value]) =>
      (Array.isArray(value) ? value : [value]).map(
        (item) => `${encodeURIComponent(key)}=${encodeURIComponent(textOf(item))}`,
      ),
    )
    .join("&");
}
