/** From the parts of an address to origin, path template and query of an operation. */
import type { Field, Fields } from "../../contract/operation.ts";
import type { HolePart, ParamValue, Part, QueryPart, Values } from "../evaluate/values.ts";
import { fieldOf } from "./fields.ts";
import { nameHoles, type Segment } from "./hole-names.ts";
import { isCredentialName } from "./credential-names.ts";

export interface Address {
  readonly kind: "address";
  readonly origin: string;
  readonly path: string;
  readonly query: Fields;
  readonly encodedSlash: readonly string[];
  /** Literal values of query keys that hold credentials. */
  readonly secrets: readonly { readonly key: string; readonly parts: readonly Part[] }[];
  /** Parameters whose callers would refine it. */
  readonly soft: readonly ParamValue[];
}

export type AddressResult =
  | Address
  | { readonly kind: "needs"; readonly param: ParamValue }
  | { readonly kind: "open"; readonly reason: string }
  /** Nothing leaves the page: `blob:` and `data:`. */
  | { readonly kind: "local" };

const ownOrigin = /^(?:document\.)?location\.origin$/;
const ownHost = /^(?:document\.)?location\.host(?:name)?$/;
const ownProtocol = /^(?:document\.)?location\.protocol$/;

interface Base {
  readonly origin: string;
  readonly rest: readonly Part[];
}

function isText(part: Part | undefined): part is Extract<Part, { kind: "text" }> {
  return part?.kind === "text";
}

/** Joins neighbouring texts; literals inside are no longer told apart. */
function merged(parts: readonly Part[]): Part[] {
  const out: Part[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    if (isText(part) && isText(last))
      out[out.length - 1] = { kind: "text", text: last.text + part.text };
    else if (!isText(part) || part.text !== "") out.push(part);
  }
  return out;
}

function cutText(parts: readonly Part[], length: number): Part[] {
  const [first, ...rest] = parts;
  return isText(first) ? [{ ...first, text: first.text.slice(length) }, ...rest] : [...parts];
}

/** An origin without a user and password, which are no part of it. */
function originText(scheme: string, host: string): string {
  return scheme.toLowerCase() + host.slice(host.lastIndexOf("@") + 1).toLowerCase();
}

/** `https://` and a host that is partly known. */
function hostBase(parts: readonly Part[], scheme: string): Base | AddressResult {
  const [first, hole, ...rest] = parts;
  const host = isText(first) ? first.text.slice(scheme.length) : "";
  const end = host.search(/[/?#]/);
  if (end >= 0) {
    const origin = originText(scheme, host.slice(0, end));
    return { origin, rest: cutText(parts, scheme.length + end) };
  }
  if (hole === undefined) return { origin: originText(scheme, host), rest: [] };
  if (hole.kind === "hole") {
    if (host === "" && hole.global !== undefined && ownHost.test(hole.global)) {
      return { origin: "same-origin", rest: afterPort(rest) };
    }
    if (hole.param) return { kind: "needs", param: hole.param };
    if (hole.global !== undefined && host === "") return { origin: baseName(hole.global), rest };
  }
  return { kind: "open", reason: "its host is only known at run time" };
}

/** `location.hostname` may be followed by a port of the app's own choice. */
function afterPort(parts: readonly Part[]): readonly Part[] {
  const [first] = parts;
  const port = isText(first) ? /^:\d+/.exec(first.text)?.[0] : undefined;
  return port === undefined ? parts : cutText(parts, port.length);
}

function baseName(path: string): string {
  const words = path.replaceAll(/[^A-Za-z0-9_.]/g, "");
  return `{${words.split(".").at(-1) || "base"}}`;
}

function holeBase(hole: HolePart, rest: readonly Part[]): Base | AddressResult {
  if (hole.param) return { kind: "needs", param: hole.param };
  if (hole.global !== undefined) {
    if (ownOrigin.test(hole.global)) return { origin: "same-origin", rest };
    if (ownProtocol.test(hole.global)) {
      const [slashes, host, ...after] = rest;
      const isHost = host?.kind === "hole" && ownHost.test(host.global ?? "");
      if (isText(slashes) && slashes.text === "//" && isHost) {
        return { origin: "same-origin", rest: afterPort(after) };
      }
    }
    return { origin: baseName(hole.global), rest };
  }
  return { kind: "open", reason: "its address begins with a value that is only known at run time" };
}

function baseOf(parts: readonly Part[]): Base | AddressResult {
  const [first, ...rest] = parts;
  if (first === undefined) return { origin: "same-origin", rest: [] };
  if (first.kind === "hole") return holeBase(first, rest);
  if (first.kind === "query") return { kind: "open", reason: "its address is a query string" };
  const scheme = /^(?:(?:https?|wss?):)?\/\//i.exec(first.text)?.[0];
  if (scheme !== undefined) {
    if (scheme !== "//") return hostBase(parts, scheme);
    const based = hostBase(parts, scheme);
    return "origin" in based && based.origin.startsWith("//")
      ? { ...based, origin: `https:${based.origin}` }
      : based;
  }
  if (/^(?:blob|data|about|javascript):/i.test(first.text)) return { kind: "local" };
  return { origin: "same-origin", rest: parts };
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
    const mark = query === null ? text.indexOf("?") : -1;
    if (mark < 0) target.push({ ...part, text });
    else {
      path.push({ kind: "text", text: text.slice(0, mark) });
      query = [{ ...part, text: text.slice(mark + 1) }];
    }
    if (hash >= 0) break;
  }
  return { path, query };
}

interface Pair {
  readonly key: Part[];
  readonly value: Part[] | null;
}

/** Splits a query at `&` and each pair at its first `=`. */
function pairsOf(parts: readonly Part[]): Pair[] {
  const pairs: { key: Part[]; value: Part[] | null }[] = [{ key: [], value: null }];
  const push = (part: Part): void => {
    const pair = pairs.at(-1);
    (pair?.value ?? pair?.key)?.push(part);
  };
  for (const part of parts) {
    if (!isText(part)) {
      push(part);
      continue;
    }
    for (const piece of part.text.split(/([&=])/)) {
      const pair = pairs.at(-1);
      if (piece === "&") pairs.push({ key: [], value: null });
      else if (piece === "=" && pair?.value === null) pair.value = [];
      else if (piece !== "") push({ ...part, text: piece });
    }
  }
  return pairs.filter((pair) => pair.key.length > 0 || pair.value !== null);
}

interface QueryShape {
  fields: Record<string, Field>;
  open: boolean;
  secrets: { key: string; parts: readonly Part[] }[];
  soft: ParamValue[];
}

function addQuery(shape: QueryShape, part: QueryPart): void {
  shape.open ||= part.query.open;
  for (const [key, values] of part.query.fields) addField(shape, key, values);
}

function addField(shape: QueryShape, key: string, values: Values): void {
  for (const value of values) {
    if (value.kind === "text" && isCredentialName(key))
      shape.secrets.push({ key, parts: value.parts });
    if (value.kind === "param") shape.soft.push(value);
  }
  const field = isCredentialName(key) ? "string" : fieldOf(key, values);
  // On the wire every value of a query is text.
  shape.fields[key] = typeof field === "object" || field === "number" ? field : "string";
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function addPair(shape: QueryShape, pair: Pair): void {
  const [key, ...more] = merged(pair.key);
  if (key?.kind === "query" && pair.value === null) return addQuery(shape, key);
  if (!isText(key) || more.length > 0) {
    shape.open = true;
    if (key?.kind === "hole" && key.param) shape.soft.push(key.param);
    return;
  }
  // Not merged: a credential's literal must still be found.
  addField(shape, decoded(key.text), [{ kind: "text", parts: pair.value ?? [] }]);
  for (const part of pair.value ?? []) {
    if (part.kind === "hole" && part.param && !part.encoded) shape.soft.push(part.param);
  }
}

function queryOf(parts: readonly Part[] | null): QueryShape {
  const shape: QueryShape = { fields: {}, open: false, secrets: [], soft: [] };
  for (const pair of pairsOf(parts ?? [])) addPair(shape, pair);
  return shape;
}

/** The segments of a path; a hole that directly follows text at the end may be a query that begins with `?`. */
function segmentsOf(
  parts: readonly Part[],
): { segments: Segment[]; tail: HolePart | undefined } | { param: ParamValue } {
  const segments: Segment[] = [[]];
  let tail: HolePart | undefined;
  for (const [at, part] of parts.entries()) {
    if (isText(part)) {
      for (const [index, piece] of part.text.split("/").entries()) {
        if (index > 0) segments.push([]);
        if (piece !== "") segments.at(-1)?.push(piece);
      }
      continue;
    }
    if (part.kind === "query") continue;
    const before = segments.at(-1)?.at(-1);
    const isGlued = typeof before === "string" && /[A-Za-z0-9]$/.test(before);
    if (isGlued && part.param && !part.encoded) return { param: part.param };
    if (isGlued && at === parts.length - 1 && !part.number && !part.encoded) tail = part;
    else segments.at(-1)?.push(part);
  }
  return { segments, tail };
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

/** Path segments that say nothing of what is asked for. */
const general = /^(?:api|rest|v\d+)?$/i;

/**
 * Whether a text that came in as an argument is one value of a path parameter: a whole segment below a named collection.
 * Right below the base it rather names the collection itself.
 */
function isPathValue(before: string, text: string, after: string): boolean {
  if (text === "" || /[/?#&=]/.test(text) || !before.endsWith("/")) return false;
  if (after !== "" && !/^[/?#]/.test(after)) return false;
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
    const isValue = part.argument === true && isPathValue(before, part.text, after);
    before += part.text;
    return isValue ? { kind: "hole", encoded: false, number: false } : part;
  });
}

/** Reads an address. */
export function readAddress(parts: readonly Part[]): AddressResult {
  const based = baseOf(mergedBase(withPathValues(parts)));
  if ("kind" in based) return based;
  const split = splitQuery(based.rest);
  const read = segmentsOf(merged(split.path));
  if ("param" in read) return { kind: "needs", param: read.param };
  const { path, encodedSlash, soft } = nameHoles(rooted(read.segments));
  const query = queryOf(split.query);
  return {
    kind: "address",
    origin: based.origin,
    path,
    query: { fields: query.fields, open: query.open || read.tail !== undefined },
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
