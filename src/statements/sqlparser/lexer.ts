/**
 * Reads a text as MySQL's or SQLite's own lexer does. The parser behind it is nobody's engine: it must see no comment, no
 * escape and no quote that an engine would end elsewhere, so these are settled here, by each engine's rules.
 */
import type { Dialect } from "../../contract/operation.ts";

export type LexedDialect = Exclude<Dialect, "postgres">;

/**
 * `text`: a literal, quotes and prefix included. `name`: a quoted name. `parameter`: a placeholder. `hole`: where the
 * static parts of an interpolated text meet.
 */
export type TokenKind =
  | "space"
  | "comment"
  | "text"
  | "name"
  | "word"
  | "number"
  | "parameter"
  | "hole"
  | "sign";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

export type LexedText =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly reason: string };

/** Stands for a hole: a code point that no text holds. */
export const holeMark = "\uFFFF";

/** How one dialect spells its tokens. Each pattern is sticky and needs no backtracking. */
interface Spelling {
  readonly space: RegExp;
  /** Up to the end of its line. */
  readonly lineComment: RegExp;
  /** What begins a literal, its quote last. */
  readonly textStart: RegExp;
  readonly backslashes: boolean;
  readonly nameQuotes: string;
  readonly others: readonly (readonly [TokenKind, RegExp])[];
}

const hole = ["hole", new RegExp(holeMark, "y")] as const;
const number = ["number", /0[xX][\da-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y] as const;
const sign = [
  "sign",
  /<=>|->>|->|<<|>>|:=|!=|<>|<=|>=|==|\|\||&&|[!%&()*+,\-./:;<=>^{|}~]/y,
] as const;

const spellings: Readonly<Record<LexedDialect, Spelling>> = {
  mysql: {
    space: /[ \t\n\v\f\r]+/y,
    // Two dashes begin a comment only where a blank or the end follows: `1--1` is a sum.
    // eslint-disable-next-line no-control-regex
    lineComment: /(?:#|--(?=[\x01-\x20]|$))[^\n]*/y,
    textStart: /(?:[nNxXbB]|_\w+)?['"]/y,
    backslashes: true,
    nameQuotes: "`",
    others: [
      ["word", /@{1,2}[\w$.]+/y],
      ["parameter", /\?|:[A-Za-z_]\w*/y],
      hole,
      number,
      ["word", /[A-Za-z_$\u0080-\uFFFE][\w$\u0080-\uFFFE]*/y],
      sign,
    ],
  },
  sqlite: {
    space: /[ \t\n\f\r]+/y,
    lineComment: /--[^\n]*/y,
    textStart: /[xX]?'/y,
    backslashes: false,
    nameQuotes: '"`[',
    others: [
      ["parameter", /\?\d*|[:@$][\w$\u0080-\uFFFE]+/y],
      hole,
      number,
      ["word", /[A-Za-z_\u0080-\uFFFE][\w$\u0080-\uFFFE]*/y],
      sign,
    ],
  },
};

class Refusal extends Error {}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** Where a quoted stretch ends that begins before `start`; a doubled quote is one of its characters. */
function quoteEnd(text: string, start: number, quote: string, backslashes: boolean): number {
  for (let at = start; at < text.length; at += 1) {
    if (backslashes && text[at] === "\\") {
      // Whether a quote ends the literal here depends on a mode of the server (NO_BACKSLASH_ESCAPES).
      if (/['"]/.test(text[at + 1] ?? "")) throw new Refusal("a backslash before a quote");
      if (text[at + 1] === "\\") at += 1;
      // In that mode the second of two backslashes may stand before the end.
      if (/['"]/.test(text[at + 1] ?? "")) throw new Refusal("a backslash before a quote");
    } else if (text[at] === quote) {
      if (quote === "]" || text[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  throw new Refusal("a quote that is not closed");
}

function blockComment(text: string, at: number, dialect: LexedDialect): Token | null {
  if (!text.startsWith("/*", at)) return null;
  if (dialect === "mysql" && /^M?!/.test(text.slice(at + 2, at + 4)))
    throw new Refusal("an executable comment");
  if (dialect === "mysql" && text[at + 2] === "+") throw new Refusal("an optimizer hint");
  const end = text.indexOf("*/", at + 2);
  if (end < 0) throw new Refusal("a comment that is not closed");
  return { kind: "comment", text: text.slice(at, end + 2) };
}

function literal(text: string, at: number, spelling: Spelling): Token | null {
  const opening = matchAt(spelling.textStart, text, at);
  if (opening === null) return null;
  const quote = opening.at(-1) ?? "";
  const end = quoteEnd(text, at + opening.length, quote, spelling.backslashes);
  const content = text.slice(at + opening.length, end - 1);
  const prefix = opening.slice(0, -1).toLowerCase();
  if (prefix === "x" && !/^(?:[\da-f]{2})*$/i.test(content)) throw new Refusal("a broken literal");
  if (prefix === "b" && !/^[01]*$/.test(content)) throw new Refusal("a broken literal");
  return { kind: "text", text: text.slice(at, end) };
}

function quotedName(text: string, at: number, spelling: Spelling): Token | null {
  const opening = text[at] ?? "";
  if (!spelling.nameQuotes.includes(opening)) return null;
  const end = quoteEnd(text, at + 1, opening === "[" ? "]" : opening, false);
  return { kind: "name", text: text.slice(at, end) };
}

function plainToken(text: string, at: number, spelling: Spelling): Token {
  for (const [kind, pattern] of spelling.others) {
    const match = matchAt(pattern, text, at);
    if (match !== null) return { kind, text: match };
  }
  throw new Refusal("a character of no token");
}

function tokenAt(text: string, at: number, dialect: LexedDialect): Token {
  const spelling = spellings[dialect];
  const space = matchAt(spelling.space, text, at);
  if (space !== null) return { kind: "space", text: space };
  const line = matchAt(spelling.lineComment, text, at);
  if (line !== null) return { kind: "comment", text: line };
  return (
    blockComment(text, at, dialect) ??
    literal(text, at, spelling) ??
    quotedName(text, at, spelling) ??
    plainToken(text, at, spelling)
  );
}

const gluing: ReadonlySet<TokenKind> = new Set(["word", "number", "parameter"]);

/** Reads a whole text, or says what in it is read otherwise by some engine. Never repeats a value of the text. */
export function lexText(text: string, dialect: LexedDialect): LexedText {
  const tokens: Token[] = [];
  try {
    for (let at = 0; at < text.length;) {
      const token = tokenAt(text, at, dialect);
      // `1abc` is a name to MySQL and an error to SQLite.
      if (gluing.has(token.kind) && gluing.has(tokens.at(-1)?.kind ?? "sign"))
        throw new Refusal("two tokens without a gap");
      tokens.push(token);
      at += token.text.length;
    }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.message };
    throw error;
  }
  return { ok: true, tokens };
}
