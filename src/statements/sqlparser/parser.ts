/**
 * The trees of MySQL's and SQLite's texts, by sqlparser (WebAssembly). It is no engine's own grammar: what it does not take
 * is invalid, and it is given each text without comments and literals, which the lexer has settled.
 */
import { init, parse } from "@guanmingchiu/sqlparser-ts";
import type { LexedDialect, Token } from "./lexer.ts";

/** A struct or a variant of the tree, as JSON: a variant is an object with one capitalized key. */
export type TreeNode = Readonly<Record<string, unknown>>;

export type ParsedText =
  | { readonly ok: true; readonly statements: readonly TreeNode[] }
  | { readonly ok: false; readonly reason: string };

let loading: Promise<void> | undefined;

/** Loads the parser once; the functions below work when this has resolved. */
export function loadParser(): Promise<void> {
  loading ??= init();
  return loading;
}

export function isTreeNode(value: unknown): value is TreeNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function nodeList(value: unknown): readonly TreeNode[] {
  return Array.isArray(value) ? value.filter(isTreeNode) : [];
}

/** The type and content of a variant, e.g. `["Query", {…}]`; null for anything else. */
export function variantOf(node: unknown): readonly [string, unknown] | null {
  if (!isTreeNode(node)) return null;
  const keys = Object.keys(node);
  const [type] = keys;
  return keys.length === 1 && type !== undefined && /^[A-Z]/.test(type) ? [type, node[type]] : null;
}

/** The content of a variant of one type; null for any other. */
export function nodeOf(node: unknown, type: string): TreeNode | null {
  const variant = variantOf(node);
  return variant?.[0] === type && isTreeNode(variant[1]) ? variant[1] : null;
}

/** The parts of a qualified name: `[{Identifier: {value}}]` in most places, `[{value}]` in expressions. */
export function nameParts(value: unknown): string[] {
  return nodeList(value).flatMap((part) => {
    const text = (nodeOf(part, "Identifier") ?? part)["value"];
    return typeof text === "string" ? [text] : [];
  });
}

/** Equal in what they can do, for words that this parser does not take. */
const synonyms: Readonly<Record<LexedDialect, Readonly<Record<string, string>>>> = {
  mysql: { "!": "NOT ", "<<": "+", ">>": "+", "~": "-", DIV: "/", MOD: "%" },
  sqlite: {
    "<<": "+",
    ">>": "+",
    "~": "-",
    GLOB: "LIKE",
    ISNULL: "IS NULL",
    NOTNULL: "IS NOT NULL",
  },
};

function literalOf({ text }: Token): string {
  if (/^[xX]/.test(text)) return "X'00'";
  return /^[bB]/.test(text) ? "B'0'" : "'s'";
}

type Significant = Token & { readonly upper: string };

function isWord(token: Significant | undefined, ...words: string[]): boolean {
  return token?.kind === "word" && words.includes(token.upper);
}

const isOperands = ["NULL", "TRUE", "FALSE", "DISTINCT", "UNKNOWN"];

/** `IS x` compares like `=`; only some operands of it are known to the parser. */
function isComparison(tokens: readonly Significant[], at: number): boolean {
  if (!isWord(tokens[at], "IS")) return false;
  const next = isWord(tokens[at + 1], "NOT") ? tokens[at + 2] : tokens[at + 1];
  return !isWord(next, ...isOperands);
}

/** How many tokens from here are a hint that changes no result: `WITH ROLLUP` adds rows of the same columns. */
function skipped(tokens: readonly Significant[], at: number, dialect: LexedDialect): number {
  const is = (offset: number, ...words: string[]) => isWord(tokens[at + offset], ...words);
  if (dialect === "mysql") return is(0, "WITH") && is(1, "ROLLUP") ? 2 : 0;
  if (is(0, "INDEXED") && is(1, "BY")) return 3;
  if (is(0, "NOT") && is(1, "INDEXED", "MATERIALIZED")) return 2;
  return is(0, "MATERIALIZED") && is(-1, "AS") ? 1 : 0;
}

function spell(tokens: readonly Significant[], at: number, dialect: LexedDialect): string {
  const token = tokens[at];
  if (token === undefined) return "";
  if (token.kind === "text") return literalOf(token);
  if (token.kind === "parameter" || token.kind === "hole") return "?";
  if (dialect === "sqlite" && isComparison(tokens, at)) return "=";
  const synonym = synonyms[dialect][token.upper];
  const isCall = token.kind === "word" && tokens[at + 1]?.text === "(";
  return synonym === undefined || isCall ? token.text : synonym;
}

/** The text that the parser is given: on one line, so that a column is an order. */
function parserText(tokens: readonly Token[], dialect: LexedDialect): string {
  const significant = tokens
    .filter(({ kind }) => kind !== "space" && kind !== "comment")
    .map((token) => ({ ...token, upper: token.text.toUpperCase() }));
  const out: string[] = [];
  for (let at = 0; at < significant.length;) {
    const skip = skipped(significant, at, dialect);
    if (skip === 0) out.push(spell(significant, at, dialect));
    // `IS NOT x`: the NOT goes with the IS.
    const isNot = dialect === "sqlite" && isComparison(significant, at);
    at += skip > 0 ? skip : isNot && isWord(significant[at + 1], "NOT") ? 2 : 1;
  }
  return out.join(" ");
}

/** The parser's own words, without what it quotes of the text. */
function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return "nested too deeply";
  const message = error instanceof Error ? error.message : "";
  return /recursion/i.test(message) ? "nested too deeply" : "does not parse";
}

/** Parses a lexed text; never throws. No statements: the text is blank or a comment. */
export function parseTokens(tokens: readonly Token[], dialect: LexedDialect): ParsedText {
  const text = parserText(tokens, dialect);
  if (text === "") return { ok: true, statements: [] };
  try {
    const trees: unknown = parse(text, dialect);
    return { ok: true, statements: nodeList(trees) };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}
