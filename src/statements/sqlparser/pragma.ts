/** SQLite's PRAGMA: a few only tell, the others set or do something. Its grammar is small enough to be read here. */
import type { StatementFacts } from "../statement-facts.ts";
import { isHarmlessPragma } from "./harmless.ts";
import type { Token } from "./lexer.ts";

/** The name between quotes, or the word itself. */
function plain({ kind, text }: Token): string {
  return kind === "name" || kind === "text" ? text.slice(1, -1) : text;
}

function argumentOf(rest: readonly Token[]): Token | null {
  const [open, value, close, ...more] = rest;
  const isName = value?.kind === "word" || value?.kind === "name" || value?.kind === "text";
  return open?.text === "(" && isName && close?.text === ")" && more.length === 0 ? value : null;
}

interface Pragma {
  readonly name: string;
  readonly argument: Token | null;
  /** Whether anything follows the name. */
  readonly isBare: boolean;
}

/** `PRAGMA schema.name`, `PRAGMA name(argument)`; a value after `=` is no argument. */
function readPragma(tokens: readonly Token[]): Pragma {
  const body = tokens.at(-1)?.text === ";" ? tokens.slice(1, -1) : tokens.slice(1);
  const start = body[1]?.text === "." ? 2 : 0;
  const rest = body.slice(start + 1);
  const name = body[start]?.kind === "word" ? (body[start]?.text ?? "") : "";
  return { name: name.toLowerCase(), argument: argumentOf(rest), isBare: rest.length === 0 };
}

/** The facts of a PRAGMA; null when the statement is none. `tokens`: without space and comments. */
export function pragmaFacts(tokens: readonly Token[]): StatementFacts | null {
  if (tokens[0]?.text.toUpperCase() !== "PRAGMA") return null;
  const { name, argument, isBare } = readPragma(tokens);
  const harmless = (isBare || argument !== null) && isHarmlessPragma(name, !isBare);
  const table = harmless && !name.startsWith("index") ? argument : null;
  return {
    access: harmless ? "read" : "write",
    why: harmless ? "Pragma" : `PRAGMA ${name} is not known to be harmless`,
    tables: table === null ? [] : [plain(table)],
    columns: [],
    parameters: [],
  };
}
