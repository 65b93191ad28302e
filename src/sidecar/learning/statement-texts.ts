/**
 * The statements that stand in an app's scripts, by their digests: the page sends a digest alone. What is found is as good
 * as its digest, so that the search may be crude; a text that is put together at run time is not found.
 */
import { statementDigest } from "../../contract/operation-id.ts";

const begins =
  /(["'`])(?=(?:\s|\\[nrt])*(?:select|insert|update|delete|merge|replace|with|call|values|explain|pragma)\b)/gi;

/** Longer texts are no statements. */
const longest = 20_000;

const escapes: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["\n", ""],
]);

/** Where the hole of a template that begins after `${` ends: past its closing brace. */
function holeEnd(code: string, from: number): number {
  let depth = 1;
  let at = from;
  for (; at < code.length && depth > 0; at += 1) {
    if (code[at] === "{") depth += 1;
    else if (code[at] === "}") depth -= 1;
  }
  return at;
}

/** The character that an escape means, and how long it is; `\u0041` and the like mean their number. */
function escaped(code: string, at: number): { text: string; length: number } {
  const [whole, hex] = /^\\(?:u\{([\da-f]+)\}|u[\da-f]{4}|x[\da-f]{2})/i.exec(
    code.slice(at, at + 12),
  ) ?? ["", ""];
  if (whole !== "") {
    const number = Number.parseInt(hex ?? whole.slice(2), 16);
    return { text: number > 0x10ffff ? "" : String.fromCodePoint(number), length: whole.length };
  }
  const next = code[at + 1] ?? "";
  return { text: escapes.get(next) ?? next, length: 2 };
}

/** The text of the literal that begins at a quote; the holes of a template are numbered as drivers number them. */
function literalText(code: string, quote: string, from: number): string | undefined {
  let text = "";
  let holes = 0;
  for (let at = from; at < code.length && text.length < longest;) {
    const char = code[at] as string;
    if (char === quote) return text;
    if (char === "\\") {
      const meant = escaped(code, at);
      text += meant.text;
      at += meant.length;
    } else if (quote === "`" && code.startsWith("${", at)) {
      holes += 1;
      text += `$${String(holes)}`;
      at = holeEnd(code, at + 2);
    } else if (char === "\n" && quote !== "`") return undefined;
    else {
      text += char;
      at += 1;
    }
  }
  return undefined;
}

/** Texts of scripts → statements by digest. */
export function statementTexts(scripts: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const code of scripts) {
    for (const match of code.matchAll(begins)) {
      const text = literalText(code, match[1] ?? "", match.index + 1);
      if (text !== undefined) found.set(statementDigest(text), text);
    }
  }
  return found;
}
