/** Postgres' own grammar (libpg-query, WebAssembly). It alone says what a text is; nothing here guesses. */
import { loadModule, parseSync, scanSync } from "libpg-query";
import { textFault } from "../text-limits.ts";

/** A node of the parse tree, as JSON: a wrapped node is an object with one capitalized key. */
export type TreeNode = Readonly<Record<string, unknown>>;

export type ParsedText =
  | { readonly ok: true; readonly statements: readonly TreeNode[] }
  /** `offset`: where the parser stopped, in UTF-8 bytes, if it told. */
  | { readonly ok: false; readonly reason: string; readonly offset?: number };

let loading: Promise<void> | undefined;

/** Loads the parser once; the functions below work when this has resolved. */
export function loadParser(): Promise<void> {
  loading ??= loadModule();
  return loading;
}

export function isTreeNode(value: unknown): value is TreeNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function nodeList(value: unknown): readonly TreeNode[] {
  return Array.isArray(value) ? value.filter(isTreeNode) : [];
}

/** The type and content of a wrapped node, e.g. `["SelectStmt", {…}]`; null for anything else. */
export function unwrapNode(node: unknown): readonly [string, TreeNode] | null {
  if (!isTreeNode(node)) return null;
  const keys = Object.keys(node);
  const [type] = keys;
  if (keys.length !== 1 || type === undefined || !/^[A-Z]/.test(type)) return null;
  const content = node[type];
  return isTreeNode(content) ? [type, content] : null;
}

/** The content of a wrapped node of one type; null for any other. */
export function nodeOf(node: unknown, type: string): TreeNode | null {
  const unwrapped = unwrapNode(node);
  return unwrapped?.[0] === type ? unwrapped[1] : null;
}

/** The strings of a list of String nodes, as names are written in the tree. */
export function nameParts(value: unknown): string[] {
  return nodeList(value).flatMap((node) => {
    const text = nodeOf(node, "String")?.["sval"];
    return typeof text === "string" ? [text] : [];
  });
}

function parseFailure(error: unknown): ParsedText {
  if (!(error instanceof Error)) return { ok: false, reason: "cannot be parsed" };
  if (error instanceof RangeError) return { ok: false, reason: "nested too deeply" };
  const reason = error.message.replace(
    / at or near "(?:'|[A-Za-z&]+'|\$[^"]*\$).*$/s,
    " near a literal",
  );
  const details = "sqlDetails" in error ? error.sqlDetails : undefined;
  const position = isTreeNode(details) ? details["cursorPosition"] : undefined;
  return typeof position === "number" && position > 0
    ? { ok: false, reason, offset: position }
    : { ok: false, reason };
}

/** Parses a text; never throws. No statements: the text is blank or a comment. */
export function parseText(text: string): ParsedText {
  const refusal = textFault(text);
  if (refusal !== null) return { ok: false, reason: refusal };
  if (text.trim() === "") return { ok: true, statements: [] };
  try {
    const tree: unknown = parseSync(text);
    const raw = isTreeNode(tree) ? nodeList(tree["stmts"]) : [];
    return { ok: true, statements: raw.map((entry) => entry["stmt"]).filter(isTreeNode) };
  } catch (error) {
    return parseFailure(error);
  }
}

/** What stands in a text's block comments, delimiters included. Of a text that parses. */
export function blockComments(text: string): string[] {
  if (!text.includes("/*")) return [];
  return scanSync(text)
    .tokens.filter((token) => token.tokenName === "C_COMMENT")
    .map((token) => token.text);
}
