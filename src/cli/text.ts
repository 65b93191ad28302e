/** Text for a terminal: made safe, measured, wrapped. */

/** Control, format (bidi among them), lone surrogate, line and paragraph separator. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Makes characters visible that would move the cursor, turn the direction of reading, or hide: `\u{202e}`. What a bundle,
 * an upstream or a caller wrote is never printed without it.
 */
export function visibleText(text: string): string {
  return text.replaceAll(
    invisible,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}}`,
  );
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303F\uFF00-\uFF60\uFFE0-\uFFE6]/u;

/** How many columns a text without escape sequences takes. */
export function displayWidth(text: string): number {
  if (/^[\u0020-\u007E]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

function breaksAfter(char: string): boolean {
  return "/-_,.?&=:".includes(char);
}

/** Cuts a token that is wider than a line, after punctuation where there is some in the second half of the line. */
function splitToken(token: string, width: number): string[] {
  const pieces: string[] = [];
  let rest = [...graphemes.segment(token)].map((part) => part.segment);
  while (rest.length > 0) {
    let count = 0;
    for (let used = 0; count < rest.length; count += 1) {
      used += displayWidth(rest[count] as string);
      if (used > width) break;
    }
    count = Math.max(1, count);
    if (count < rest.length) {
      const head = rest.slice(0, count);
      const mark = head.findLastIndex(breaksAfter);
      if (mark >= count / 2) count = mark + 1;
    }
    pieces.push(rest.slice(0, count).join(""));
    rest = rest.slice(count);
  }
  return pieces;
}

/** The longest beginning of a word that ends after punctuation and fits; empty if there is none. */
function fittingHead(word: string, room: number): string {
  let head = "";
  let used = "";
  for (const { segment } of graphemes.segment(word)) {
    used += segment;
    if (displayWidth(used) > room) break;
    if (breaksAfter(segment)) head = used;
  }
  return head;
}

/** Breaks a text into lines of at most `width` columns: at blanks, inside longer words after punctuation. */
export function wrapText(text: string, width: number): string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  const add = (piece: string, glue: string): void => {
    if (displayWidth(line + glue + piece) <= width) {
      line += glue + piece;
      return;
    }
    lines.push(line);
    line = piece;
  };
  for (const word of text.split(" ")) {
    const glue = line === "" ? "" : " ";
    const room = width - displayWidth(line + glue);
    // A long word starts on this line, if it can be broken there.
    const long = displayWidth(word) > Math.max(room, width / 2);
    const head = long ? fittingHead(word, room) : "";
    if (head !== "") line += glue + head;
    const rest = word.slice(head.length);
    for (const [index, piece] of splitToken(rest, width).entries()) {
      add(piece, head === "" && index === 0 ? glue : "");
    }
  }
  return [...lines, line].filter((each, index) => each !== "" || index > 0);
}

/** Wraps a paragraph, each line but the first indented by `indent` columns, where there is a width to wrap to. */
export function hangingParagraph(text: string, width: number, indent: number): string {
  const lines = Number.isFinite(width) ? wrapText(text, Math.max(20, width - indent)) : [text];
  return lines.join(`\n${" ".repeat(indent)}`);
}

/** `1 write`, `3 writes`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
