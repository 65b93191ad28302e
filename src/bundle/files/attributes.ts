/** Values of attributes as they stand in the text of a page: their runs, and what they mean, character by character. */
import { parseFragment, type DefaultTreeAdapterTypes } from "parse5";

type Element = DefaultTreeAdapterTypes.Element;

export interface Run {
  readonly start: number;
  readonly end: number;
}

/** The run of an attribute's value in the text, without its quotes; undefined where it has none. */
export function valueRun(html: string, element: Element, name: string): Run | undefined {
  const place = element.sourceCodeLocation?.attrs?.[name];
  if (place === undefined) return undefined;
  const text = html.slice(place.startOffset, place.endOffset);
  const [before, quote] = /^[^=]*=\s*(["']?)/.exec(text) ?? [];
  if (before === undefined) return undefined;
  const start = place.startOffset + before.length;
  return { start, end: place.endOffset - (quote === "" ? 0 : 1) };
}

function meaningOf(piece: string): string {
  if (piece.startsWith("\r")) return "\n";
  if (!piece.startsWith("&")) return piece;
  const [element] = parseFragment(`<b title="${piece}">`).childNodes as [Element];
  return element.attrs[0]?.value ?? piece;
}

/**
 * The offset in the text of each character of a value, and of its end; undefined where the value is written in a way that
 * is not followed.
 */
export function valueOffsets(html: string, run: Run, value: string): readonly number[] | undefined {
  const offsets: number[] = [];
  let meaning = "";
  let at = run.start;
  // What follows a reference without a semicolon decides whether it is one.
  for (const piece of html.slice(run.start, run.end).split(/(&#?\w+;?=?|\r\n?)/)) {
    const meant = meaningOf(piece);
    for (let index = 0; index < meant.length; index += 1) {
      offsets.push(meant === piece ? at + index : at);
    }
    meaning += meant;
    at += piece.length;
  }
  return meaning === value ? [...offsets, run.end] : undefined;
}

const special = /[&"'<>`=\s]/g;

/** A text as it may stand in the value of an attribute, whatever its quotes. */
export function attributeText(text: string): string {
  return text.replaceAll(special, (one) => `&#${String(one.charCodeAt(0))};`);
}
