/** Where an address begins: a known origin, the app's own, or a base that is only known at run time. */
import type { HolePart, ParamValue, Part } from "../evaluate/values.ts";
import { isMember, memberName, type Node } from "../modules/syntax.ts";
import { isText } from "./parts.ts";

/** Why an address has no base that an operation can name. */
export type NoBase =
  | { readonly kind: "needs"; readonly param: ParamValue }
  | { readonly kind: "open"; readonly reason: string }
  /** Nothing leaves the page: `blob:` and `data:`. */
  | { readonly kind: "local" };

const ownOrigin = /^(?:document\.)?location\.origin$/;
const ownHost = /^(?:document\.)?location\.host(?:name)?$/;
const ownProtocol = /^(?:document\.)?location\.protocol$/;

/** The expression that gives a base, and whether it gives an origin or a host. */
export interface BasePlace {
  readonly node: Node;
  readonly part: "origin" | "host";
}

export interface Base {
  readonly origin: string;
  readonly rest: readonly Part[];
  /** Of a base that is only known at run time: where it is given, as far as that is one expression. */
  readonly place?: BasePlace;
}

/** A base that is only known at run time. */
function namedBase(name: string, hole: HolePart, at: Pick<Base, "rest"> & Pick<BasePlace, "part">) {
  const { rest, part } = at;
  const place = hole.node === undefined ? {} : { place: { node: hole.node, part } };
  return { origin: name, rest, ...place };
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
function hostBase(parts: readonly Part[], scheme: string): Base | NoBase {
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
    if (hole.global !== undefined && host === "") {
      return namedBase(baseName(hole.global), hole, { rest, part: "host" });
    }
  }
  return { kind: "open", reason: "its host is only known at run time" };
}

/** `location.hostname` may be followed by a port of the app's own choice. */
function afterPort(parts: readonly Part[]): readonly Part[] {
  const [first, chosen, ...rest] = parts;
  if (isText(first) && first.text === ":" && chosen?.kind === "hole") return rest;
  const port = isText(first) ? /^:\d+/.exec(first.text)?.[0] : undefined;
  return port === undefined ? parts : cutText(parts, port.length);
}

/** A base of which no name is known. */
export const unnamedBase = "{base}";

function baseName(path: string): string {
  const words = path.replaceAll(/[^A-Za-z0-9_.]/g, "");
  const [owner = "", last = ""] = ["", ...words.split(".")].slice(-2);
  if (!/^(?:href|content|value|src)$/.test(last) || owner === "")
    return last === "" ? unnamedBase : `{${last}}`;
  // `<base href>` and `<meta content>`: the element says what it is.
  return `{${owner}${last.charAt(0).toUpperCase()}${last.slice(1)}}`;
}

function holeBase(hole: HolePart, rest: readonly Part[]): Base | NoBase {
  if (hole.param) return { kind: "needs", param: hole.param };
  if (hole.global !== undefined) return globalBase(hole, hole.global, rest);
  if (beginsPath(rest)) {
    return namedBase(baseName(memberWord(hole.node) ?? ""), hole, { rest, part: "origin" });
  }
  return { kind: "open", reason: "its address begins with a value that is only known at run time" };
}

function globalBase(hole: HolePart, global: string, rest: readonly Part[]): Base {
  if (ownOrigin.test(global)) return { origin: "same-origin", rest };
  if (ownProtocol.test(global)) {
    const [slashes, host, ...after] = rest;
    const isHost = host?.kind === "hole" && ownHost.test(host.global ?? "");
    if (isText(slashes) && slashes.text === "//" && isHost) {
      return { origin: "same-origin", rest: afterPort(after) };
    }
  }
  return namedBase(baseName(global), hole, { rest, part: "origin" });
}

/** Whether what follows a base that is only known at run time says which path is asked for. */
function beginsPath(rest: readonly Part[]): boolean {
  const [first] = rest;
  return isText(first) && /^[A-Za-z0-9_.-]*\/[^/?#]|^\/?[A-Za-z0-9_-]{2,}/.test(first.text);
}

/** The name of the member that an expression reads: it survives minification, a variable's does not. */
function memberWord(node: Node | undefined): string | undefined {
  switch (node?.type) {
    case "MemberExpression":
    case "OptionalMemberExpression":
      return memberName(node);
    case "CallExpression":
      return isMember(node.callee) ? memberWord(node.callee.object) : undefined;
    case "LogicalExpression":
      return memberWord(node.left) ?? memberWord(node.right);
    case "ConditionalExpression":
      return memberWord(node.consequent) ?? memberWord(node.alternate);
    default:
      return undefined;
  }
}

/** Splits the base from the parts of an address. */
export function baseOf(parts: readonly Part[]): Base | NoBase {
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
