/** From the parts of an address to origin, path template and query of an operation. */
import type { Fields } from "../../contract/operation.ts";
import type { HolePart, ParamValue, Part } from "../evaluate/values.ts";
import { baseOf, type BasePlace, type NoBase } from "./base.ts";
import { fieldTable } from "./fields.ts";
import { general, nameHoles, type Segment } from "./hole-names.ts";
import { isText, mergeTexts } from "./parts.ts";
import { queryOf } from "./query.ts";

export interface Address {
  readonly kind: "address";
  readonly origin: string;
  /** Where a base that is only known at run time is given. */
  readonly base?: BasePlace;
  readonly path: string;
  readonly query: Fields;
  readonly encodedSlash: readonly string[];
  /** Literal values of query keys that hold credentials. */
  readonly secrets: readonly { readonly key: string; readonly parts: readonly Part[] }[];
  /** Parameters whose callers would refine it. */
  readonly soft: readonly ParamValue[];
}

export type AddressResult = Address | NoBase;

/** Where the query begins: at a `?`, or at an `&`, which then follows a query that is not seen. */
function queryStart(text: string): number {
  return text.search(/[?]|&[\w.[\]-]+=/);
}

/** Splits at the first `?`, and drops what follows a `#`. */
function splitQuery(parts: readonly Part[]): { path: Part[]; query: Part[] | null } {
  const path: Part[] = [];
  let query: Part[] | null = null;
  for (const part of parts) {
    const target = query ?? path;
    if (!isText(part)) {
      if (part.kind === "query" && query === null) query = [part];
      else target.push(part);
      continue;
    }
    const hash = part.text.indexOf("#");
    const text = hash < 0 ? part.text : part.text.slice(0, hash);
    const mark = query === null ? queryStart(text) : -1;
    if (mark < 0) target.push({ ...part, text });
    else {
      path.push({ kind: "text", text: text.slice(0, mark) });
      query = [{ ...part, text: text.slice(mark + 1) }];
    }
    if (hash >= 0) break;
  }
  return { path, query };
}

interface ReadPath {
  readonly segments: Segment[];
  /** A hole that directly follows text at the end: it may be a query that begins with `?`. */
  readonly tail: HolePart | undefined;
}

function addText(segments: Segment[], text: string): void {
  for (const [index, piece] of text.split("/").entries()) {
    if (index > 0) segments.push([]);
    if (piece !== "") segments.at(-1)?.push(piece);
  }
}

/** Whether a hole directly follows the text of its segment. */
function isGlued(segments: readonly Segment[]): boolean {
  const before = segments.at(-1)?.at(-1);
  return typeof before === "string" && /[A-Za-z0-9]$/.test(before);
}

/** The segments of a path, or the parameter that decides what they are. */
function segmentsOf(parts: readonly Part[]): ReadPath | { param: ParamValue } {
  const segments: Segment[] = [[]];
  let tail: HolePart | undefined;
  for (const [at, part] of parts.entries()) {
    if (isText(part)) addText(segments, part.text);
    if (part.kind !== "hole") continue;
    const glued = isGlued(segments) && !part.encoded;
    if (glued && part.param) return { param: part.param };
    if (glued && at === parts.length - 1 && !part.number) tail = part;
    else segments.at(-1)?.push(part);
  }
  const whole = wholePath(segments);
  return whole === undefined ? { segments, tail } : { param: whole };
}

/** Whether a path is nothing but values that are only known at run time, which are not parts of it for sure. */
function saysNothing(segments: readonly Segment[]): boolean {
  const all = segments.flat();
  return all.length > 0 && all.every((part) => typeof part !== "string" && !isOneSegment(part));
}

function isOneSegment(hole: HolePart): boolean {
  return hole.encoded || hole.number;
}

/** The parameter that is all that a path says: it may well be a path itself. */
function wholePath(segments: readonly Segment[]): ParamValue | undefined {
  const all = segments.flat();
  if (all.some((part) => typeof part === "string" && !general.test(part))) return undefined;
  const holes = all.flatMap((part) => (typeof part === "string" ? [] : [part]));
  if (holes.some(isOneSegment)) return undefined;
  return holes.find((hole) => hole.param !== undefined)?.param;
}

/** `./a` and `../a` against the page's folder, which is the root of the app's origin. */
function rooted(segments: readonly Segment[]): Segment[] {
  const kept = segments.filter(
    (segment, at) =>
      (segment.length > 0 || at === segments.length - 1) &&
      segment[0] !== "." &&
      segment[0] !== "..",
  );
  return kept.length === 0 ? [[]] : kept;
}

/**
 * Whether a text that came in as an argument is one value of a path parameter: a whole segment below a named collection, or
 * a number before a suffix. Right below the base it rather names the collection itself. An empty one (`id ?? ""`) is a value
 * that is not there yet.
 */
function isPathValue(before: string, text: string, after: string): boolean {
  if (/[/?#&=]/.test(text) || !before.endsWith("/")) return false;
  const suffix = /^\d+$/.test(text) ? /^[./?#]/ : /^[/?#]/;
  if (after !== "" && !suffix.test(after)) return false;
  const path = before.replace(/^(?:[a-z]+:)?\/\/[^/]*/i, "");
  return !path.includes("?") && path.split("/").some((segment) => !general.test(segment));
}

function withPathValues(parts: readonly Part[]): Part[] {
  let before = "";
  return parts.map((part, at) => {
    if (!isText(part)) {
      before += "{}";
      return part;
    }
    const next = parts[at + 1];
    const after = next === undefined ? "" : isText(next) ? next.text : "{}";
    // `/orders/{id}/` + "ship": below a value, what all calls spell out is what they do to it.
    const isAction = part.isSpelledOut === true && before.endsWith("{}/");
    const isValue = part.argument === true && !isAction && isPathValue(before, part.text, after);
    before += part.text;
    return isValue ? { kind: "hole", encoded: false, number: false } : part;
  });
}

/** Reads an address. */
export function readAddress(parts: readonly Part[]): AddressResult {
  const based = baseOf(mergedBase(withPathValues(parts)));
  if ("kind" in based) return based;
  const split = splitQuery(based.rest);
  const read = segmentsOf(mergeTexts(split.path));
  if ("param" in read) return { kind: "needs", param: read.param };
  if (based.origin === "same-origin" && saysNothing(read.segments)) {
    return { kind: "open", reason: "its path is only known at run time" };
  }
  const { path, encodedSlash, soft } = nameHoles(rooted(read.segments));
  const query = queryOf(split.query);
  return {
    kind: "address",
    origin: based.origin,
    ...(based.place === undefined ? {} : { base: based.place }),
    path,
    query: { fields: fieldTable(query.fields), open: query.open || read.tail !== undefined },
    encodedSlash,
    secrets: query.secrets,
    soft: [...soft, ...query.soft],
  };
}

/** Joins the texts of the base only: literals of the query keep their places. */
function mergedBase(parts: readonly Part[]): readonly Part[] {
  const out: Part[] = [];
  let inQuery = false;
  for (const part of parts) {
    const last = out.at(-1);
    if (isText(part) && isText(last) && !inQuery) {
      out[out.length - 1] = {
        kind: "text",
        text: last.text + part.text,
        ...(part.text.includes("?") && part.node ? { node: part.node } : {}),
      };
    } else if (!isText(part) || part.text !== "") out.push(part);
    inQuery ||= isText(part) && part.text.includes("?");
  }
  return out;
}
