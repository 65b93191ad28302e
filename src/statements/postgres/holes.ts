/**
 * Reads an interpolated text as Postgres' lexer would, to learn what each hole stands in: a literal, a comment, a name or
 * bare code. Only the lexical side: whether a value may stand there is proven on the parsed result.
 */

/** One stretch of the text. */
export type Piece =
  /** Text that stays as it is; `word` when it is a keyword or name. */
  | { readonly kind: "text"; readonly text: string; readonly word: boolean }
  | { readonly kind: "parameter"; readonly text: string; readonly number: number }
  /** A hole in bare code, and the keyword or name before it. */
  | { readonly kind: "bare"; readonly hole: number; readonly after: string }
  /** A literal with holes: `parts` are the raw texts around them, escapes kept. */
  | {
      readonly kind: "literal";
      readonly firstHole: number;
      readonly parts: readonly string[];
      readonly prefix: string;
      readonly after: string;
      /** What follows the literal, to tell interval fields. */
      readonly before: string;
    };

export type ReadHoles =
  | { readonly ok: true; readonly pieces: readonly Piece[] }
  | { readonly ok: false; readonly reason: string };

/** Stands for a hole: a code point that no text holds. */
const mark = "\uFFFF";

const nameStart = "A-Za-z_\\u0080-\\uFFFE";
const tokenPatterns = {
  space: /[\s]+/y,
  lineComment: /--[^\n\r]*/y,
  literalStart: /(?:[eEbBxXnN]|[uU]&)?'/y,
  quotedName: /(?:[uU]&)?"(?:[^"]|"")*"/y,
  dollarStart: new RegExp(`\\$(?:[${nameStart}][${nameStart}0-9]*)?\\$`, "y"),
  parameter: /\$\d+/y,
  word: new RegExp(`[${nameStart}][${nameStart}0-9$]*`, "y"),
  number: /\d[\w.]*/y,
};

class Refusal {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

interface Reader {
  readonly text: string;
  at: number;
  hole: number;
  /** The last keyword or name, if nothing but space and comments followed it. */
  lastWord: string;
  readonly pieces: Piece[];
}

function tokenAt(reader: Reader, pattern: RegExp): string | null {
  pattern.lastIndex = reader.at;
  return pattern.exec(reader.text)?.[0] ?? null;
}

function holesIn(text: string): number {
  return text.split(mark).length - 1;
}

function pushText(reader: Reader, text: string, place: string): void {
  if (text.includes(mark)) throw new Refusal(`hole ${reader.hole + 1} stands inside ${place}`);
  reader.pieces.push({ kind: "text", text, word: place === "a name" });
  reader.at += text.length;
}

/** Block comments nest. */
function blockCommentEnd(text: string, start: number): number {
  const delimiter = /\/\*|\*\//g;
  delimiter.lastIndex = start;
  let depth = 0;
  for (let match = delimiter.exec(text); match !== null; match = delimiter.exec(text)) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return delimiter.lastIndex;
  }
  throw new Refusal("a comment is not closed");
}

function literalEnd(text: string, start: number, escapes: boolean): number {
  for (let at = start; at < text.length; at += 1) {
    if (escapes && text[at] === "\\") {
      if (text[at + 1] === mark) throw new Refusal("a backslash stands before a hole");
      at += 1;
    } else if (text[at] === "'") {
      if (text[at + 1] !== "'") return at;
      at += 1;
    }
  }
  throw new Refusal("a literal is not closed");
}

function readLiteral(reader: Reader, opening: string): void {
  const prefix = opening.slice(0, -1);
  const start = reader.at + opening.length;
  const end = literalEnd(reader.text, start, /^e$/i.test(prefix));
  const content = reader.text.slice(start, end);
  const count = holesIn(content);
  if (count === 0) return pushText(reader, reader.text.slice(reader.at, end + 1), "a literal");
  if (prefix !== "" && !/^e$/i.test(prefix)) {
    throw new Refusal(`hole ${reader.hole + 1} stands inside a ${prefix}'…' literal`);
  }
  reader.pieces.push({
    kind: "literal",
    firstHole: reader.hole,
    parts: content.split(mark),
    prefix,
    after: reader.lastWord,
    before: reader.text.slice(end + 1, end + 41),
  });
  reader.hole += count;
  reader.at = end + 1;
}

function readDollarQuoted(reader: Reader, tag: string): void {
  const end = reader.text.indexOf(tag, reader.at + tag.length);
  if (end < 0) throw new Refusal("a dollar-quoted text is not closed");
  pushText(reader, reader.text.slice(reader.at, end + tag.length), "dollar-quoted text");
}

/** A hole that touches a name, a number or a quote is part of it. */
const touching = /[\w$."'\u0080-\uFFFF]/;

function readBareHole(reader: Reader): void {
  const around = [reader.text[reader.at - 1] ?? " ", reader.text[reader.at + 1] ?? " "];
  if (around.some((char) => touching.test(char))) {
    throw new Refusal(`hole ${reader.hole + 1} is part of a name or a token`);
  }
  reader.pieces.push({ kind: "bare", hole: reader.hole, after: reader.lastWord });
  reader.hole += 1;
  reader.at += 1;
}

/** Space and comments: they end no word. */
function readBlank(reader: Reader): boolean {
  const blank = tokenAt(reader, tokenPatterns.space) ?? tokenAt(reader, tokenPatterns.lineComment);
  if (blank !== null) {
    pushText(reader, blank, "a comment");
    return true;
  }
  if (!reader.text.startsWith("/*", reader.at)) return false;
  const end = blockCommentEnd(reader.text, reader.at);
  pushText(reader, reader.text.slice(reader.at, end), "a comment");
  return true;
}

function readQuoted(reader: Reader): boolean {
  const literal = tokenAt(reader, tokenPatterns.literalStart);
  const name = tokenAt(reader, tokenPatterns.quotedName);
  const dollar = tokenAt(reader, tokenPatterns.dollarStart);
  if (literal !== null) readLiteral(reader, literal);
  else if (name !== null) pushText(reader, name, "a quoted name");
  else if (dollar !== null) readDollarQuoted(reader, dollar);
  else return false;
  reader.lastWord = "";
  return true;
}

function readToken(reader: Reader): void {
  if (readBlank(reader) || readQuoted(reader)) return;
  const parameter = tokenAt(reader, tokenPatterns.parameter);
  const word = tokenAt(reader, tokenPatterns.word);
  reader.lastWord = word === null ? reader.lastWord : word.toLowerCase();
  if (word !== null) return pushText(reader, word, "a name");
  if (reader.text[reader.at] === mark) readBareHole(reader);
  else if (parameter !== null) {
    reader.pieces.push({ kind: "parameter", text: parameter, number: Number(parameter.slice(1)) });
    reader.at += parameter.length;
  } else {
    pushText(reader, tokenAt(reader, tokenPatterns.number) ?? reader.text[reader.at] ?? "", "code");
  }
  reader.lastWord = "";
}

/** Reads the static parts around the holes of a text. Refuses a hole inside a comment, a quoted name, or part of a token. */
export function readHoles(parts: readonly string[]): ReadHoles {
  if (parts.some((part) => part.includes(mark) || part.includes("\0"))) {
    return { ok: false, reason: "the text holds a character that no statement has" };
  }
  const reader: Reader = { text: parts.join(mark), at: 0, hole: 0, lastWord: "", pieces: [] };
  try {
    while (reader.at < reader.text.length) readToken(reader);
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.reason };
    throw error;
  }
  return { ok: true, pieces: reader.pieces };
}
