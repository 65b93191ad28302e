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

/** Whether a key is the name of a variant, not of a member. */
export function isVariantName(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 65 && first <= 90;
}

export function nodeList(value: unknown): readonly TreeNode[] {
  return Array.isArray(value) ? value.filter(isTreeNode) : [];
}

/** The type and content of a variant, e.g. `["Query", {…}]`; null for anything else. */
export function variantOf(node: unknown): readonly [string, unknown] | null {
  if (!isTreeNode(node)) return null;
  const keys = Object.keys(node);
  const [type] = keys;
  return keys.length === 1 && type !== undefined && isVariantName(type) ? [type, node[type]] : null;
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
    // The engine's CROSS JOIN takes a condition as well.
    CROSS: "INNER",
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

/** The length of a window frame's `EXCLUDE …`, which leaves rows of its own query out. */
function exclusion(is: (offset: number, ...words: string[]) => boolean): number {
  if (!is(0, "EXCLUDE")) return 0;
  if (is(1, "GROUP", "TIES")) return 2;
  return (is(1, "CURRENT") && is(2, "ROW")) || (is(1, "NO") && is(2, "OTHERS")) ? 3 : 0;
}

type IsWord = (offset: number, ...words: string[]) => boolean;

function skippedInMysql(is: IsWord): number {
  if (is(0, "EXTENDED", "PARTITIONS") && is(-1, "EXPLAIN", "DESCRIBE", "DESC")) return 1;
  if (is(0, "SOUNDS") && is(1, "LIKE")) return 1;
  return is(0, "WITH") && is(1, "ROLLUP") ? 2 : 0;
}

function skippedInSqlite(is: IsWord): number {
  if (is(0, "INDEXED") && is(1, "BY")) return 3;
  if (is(0, "NOT") && is(1, "INDEXED", "MATERIALIZED")) return 2;
  return is(0, "MATERIALIZED") && is(-1, "AS") ? 1 : exclusion(is);
}

/** How many tokens from here are a hint that changes no result, or only which rows or columns of it. */
function skipped(tokens: readonly Significant[], at: number, dialect: LexedDialect): number {
  const is: IsWord = (offset, ...words) => isWord(tokens[at + offset], ...words);
  return dialect === "mysql" ? skippedInMysql(is) : skippedInSqlite(is);
}

/** Units of two parts, as in `INTERVAL '1:1' MINUTE_SECOND`. */
const doubleUnit = /^(?:SECOND|MINUTE|HOUR|DAY|YEAR)_(?:MICROSECOND|SECOND|MINUTE|HOUR|MONTH)$/;

/** Whether what stands before is surely a value, so that a word after it is an operator or a unit. */
function isAfterValue(tokens: readonly Significant[], at: number): boolean {
  const before = tokens[at - 1];
  return /^(?:number|text|name|parameter|hole)$/.test(before?.kind ?? "") || before?.text === ")";
}

function spellWord(tokens: readonly Significant[], at: number, dialect: LexedDialect): string {
  const { text, upper } = tokens[at] as Significant;
  if (dialect === "mysql" && doubleUnit.test(upper) && isAfterValue(tokens, at)) return "DAY";
  const synonym = synonyms[dialect][upper];
  const isCall = tokens[at + 1]?.text === "(" && !isAfterValue(tokens, at);
  return synonym === undefined || isCall ? text : synonym;
}

function spell(tokens: readonly Significant[], at: number, dialect: LexedDialect): string {
  const token = tokens[at];
  if (token === undefined) return "";
  if (token.kind === "text") return literalOf(token);
  if (token.kind === "parameter" || token.kind === "hole") return "?";
  if (token.kind === "word") {
    return dialect === "sqlite" && isComparison(tokens, at) ? "=" : spellWord(tokens, at, dialect);
  }
  return synonyms[dialect][token.upper] ?? token.text;
}

/** `x IN t`: SQLite's short form of a subquery. Gives what stands for the name, and how many tokens it takes. */
function namedSet(tokens: readonly Significant[], at: number): readonly [string, number] | null {
  if (!isWord(tokens[at - 1], "IN")) return null;
  const isName = (token?: Significant) => token?.kind === "word" || token?.kind === "name";
  if (!isName(tokens[at])) return null;
  const length = tokens[at + 1]?.text === "." && isName(tokens[at + 2]) ? 3 : 1;
  if (tokens[at + length]?.text === "(") return null;
  const name = tokens.slice(at, at + length).map(({ text }) => text);
  return [`( SELECT * FROM ${name.join("")} )`, length];
}

/** The text that the parser is given: on one line, so that a column is an order. */
function parserText(tokens: readonly Token[], dialect: LexedDialect): string {
  const significant = tokens
    .filter(({ kind }) => kind !== "space" && kind !== "comment")
    .map((token) => ({ ...token, upper: token.text.toUpperCase() }));
  const out: string[] = [];
  for (let at = 0; at < significant.length;) {
    const set = dialect === "sqlite" ? namedSet(significant, at) : null;
    if (set !== null) {
      out.push(set[0]);
      at += set[1];
      continue;
    }
    const skip = skipped(significant, at, dialect);
    if (skip === 0) out.push(spell(significant, at, dialect));
    // `IS NOT x`: the NOT goes with the IS.
    const isNot = dialect === "sqlite" && isComparison(significant, at);
    at += skip > 0 ? skip : isNot && isWord(significant[at + 1], "NOT") ? 2 : 1;
  }
  return out.join(" ");
}

const isAbsent = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  (Array.isArray(value) && value.length === 0);

/**
 * A tree without what says nothing: absent members, tokens' places, spans of all but placeholders. Most of a tree is that,
 * and it is walked three times.
 */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => prune(item));
  if (!isTreeNode(value)) return value;
  const pruned: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const child = value[key];
    if (key === "span" || isAbsent(child) || key.endsWith("_token")) continue;
    pruned[key] = prune(child);
  }
  if (nodeOf(value, "Placeholder") !== null || isPlaceholderValue(value["value"]))
    pruned["span"] = value["span"];
  return pruned;
}

function isPlaceholderValue(value: unknown): boolean {
  return isTreeNode(value) && "Placeholder" in value;
}

/** The parser's own words, without what it quotes of the text. */
function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return "nested too deeply";
  const message = error instanceof Error ? error.message : "";
  return /recursion/i.test(message) ? "nested too deeply" : "does not parse";
}

/** Trees of the last texts: what is classified in bulk repeats itself but for its literals, which the parser is not given. */
const kept = new Map<string, ParsedText>();
const mostKept = 500;

function keep(key: string, parsed: ParsedText): ParsedText {
  const [oldest] = kept.size < mostKept ? [] : kept.keys();
  if (oldest !== undefined) kept.delete(oldest);
  if (key.length < 5000) kept.set(key, parsed);
  return parsed;
}

/** Parses a lexed text; never throws. No statements: the text is blank or a comment. */
export function parseTokens(tokens: readonly Token[], dialect: LexedDialect): ParsedText {
  const text = parserText(tokens, dialect);
  if (text === "") return { ok: true, statements: [] };
  const key = `${dialect} ${text}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  try {
    const trees: unknown = parse(text, dialect);
    return keep(key, { ok: true, statements: nodeList(prune(trees)) });
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}
