/**
 * The source map of a file: found by its comment or beside it, and checked. Maps are somebody else's data: one that is not
 * well formed, too large or outside the bundle is as good as none.
 */
import { FlattenMap, type TraceMap } from "@jridgewell/trace-mapping";
import type { Bundle } from "./bundle.ts";
import { bundlePath } from "./html-scripts.ts";
import { fileText } from "./read-bundle.ts";

/** Larger maps are not read, nor maps of more mappings, lines or sections than a script has that can be parsed. */
const mapLimit = 128 * 1024 * 1024;
const mappingsLimit = 32 * 1024 * 1024;
const lineLimit = 1_000_000;
const sectionLimit = 10_000;

const key = "sourceMappingURL=";
const urlText = /^([^\s'"`*]+)\s*(?:\*\/\s*)?$/;

/** A comment that names a map, where it is the last thing in a text; quotes would make it part of a string. */
export interface MapReference {
  readonly url: string;
  readonly start: number;
  readonly end: number;
}

/** The comment at the end of a text that names its map, of either kind. */
export function mapReference(text: string): MapReference | undefined {
  const at = text.lastIndexOf(key);
  if (at < 0) return undefined;
  const rest = text.slice(at + key.length);
  const url = urlText.exec(rest)?.[1];
  const opening = /(\/[/*])[#@][ \t]*$/.exec(text.slice(Math.max(0, at - 20), at));
  if (url === undefined || opening === null) return undefined;
  const isBlock = opening[1] === "/*";
  const closed = /^[^\s*]+\s*\*\//.exec(rest);
  if (isBlock !== (closed !== null)) return undefined;
  const end = at + key.length + (closed === null ? url.length : closed[0].length);
  return { url, start: at - opening[0].length, end };
}

function dataText(url: string): string | undefined {
  const comma = url.indexOf(",");
  if (comma < 0) return undefined;
  const body = url.slice(comma + 1);
  return /;base64$/i.test(url.slice(0, comma))
    ? Buffer.from(body, "base64").toString("utf8")
    : decodeURIComponent(body);
}

function mapText(bundle: Bundle, file: string): string | undefined {
  const owner = bundle.files.get(file);
  if (owner === undefined) return undefined;
  const url = mapReference(fileText(owner))?.url;
  if (url?.startsWith("data:")) return dataText(url);
  const named = url === undefined ? undefined : bundlePath(file, decodeURIComponent(url));
  const map = bundle.files.get(named ?? "") ?? bundle.files.get(`${file}.map`);
  return map === undefined || map.bytes.byteLength > mapLimit ? undefined : fileText(map);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => one === null || typeof one === "string");
}

function isWithin(value: unknown, limit: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= limit;
}

function isOffset(value: unknown): boolean {
  return (
    isRecord(value) && isWithin(value["line"], lineLimit) && isWithin(value["column"], mapLimit)
  );
}

function hasFewLines(mappings: string): boolean {
  let lines = 0;
  for (let at = mappings.indexOf(";"); at >= 0; at = mappings.indexOf(";", at + 1)) lines += 1;
  return lines <= lineLimit;
}

function isMappings(value: unknown): boolean {
  return typeof value === "string" && value.length <= mappingsLimit && hasFewLines(value);
}

/** Whether a value is a source map of version 3 that can be decoded within bounds. */
function isPlainMap(value: unknown): boolean {
  if (!isRecord(value) || value["version"] !== 3 || !isMappings(value["mappings"])) return false;
  const { names = [], sources, sourceRoot = "" } = value;
  return isTexts(sources) && isTexts(names) && isTexts([sourceRoot]);
}

/** Whether a value is a list of sections, which do not nest. */
function isSections(value: unknown): boolean {
  const isList = Array.isArray(value) && value.length <= sectionLimit;
  return (
    isList &&
    value.every(
      (one: unknown) => isRecord(one) && isOffset(one["offset"]) && isPlainMap(one["map"]),
    )
  );
}

function withoutContents(map: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    ...map,
    sourcesContent: undefined,
    ignoreList: undefined,
    x_google_ignoreList: undefined,
  };
}

/** The source map of a file of a bundle, flat and without the sources it carries; null where there is none. */
export function readMap(bundle: Bundle, file: string): TraceMap | null {
  try {
    // Some servers guard JSON against inclusion by a first line of `)]}'`.
    const text = mapText(bundle, file)?.replace(/^\)\]\}'[^\n]*\n/, "");
    const map: unknown = text === undefined ? undefined : JSON.parse(text);
    if (!isRecord(map)) return null;
    if (map["sections"] === undefined ? !isPlainMap(map) : !isSections(map["sections"]))
      return null;
    return new FlattenMap(withoutContents(map) as never);
  } catch {
    return null;
  }
}
