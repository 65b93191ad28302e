/** Adds to a YAML text without reprinting it: new lines are put in, every line that was there stays to the byte. */
import { isMap, isScalar, isSeq, stringify, type Document, type Node, type Pair } from "yaml";

/** Members to add to the mapping, or items to add to the list, at a path. */
export interface Addition {
  readonly path: readonly string[];
  readonly value: Readonly<Record<string, unknown>> | readonly unknown[];
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

function print(value: unknown, indent: number): string {
  const text = stringify(value, { lineWidth: 0 });
  return text.replaceAll(/^(?=.)/gm, " ".repeat(indent));
}

/** Where what a node holds ends, without the comments and empty lines behind it. */
function endOf(node: unknown): number | null {
  if (isMap(node) && node.flow !== true && node.items.length > 0) {
    const last = node.items.at(-1) as Pair<Node, Node | null>;
    const isEmpty = last.value === null || (isScalar(last.value) && last.value.source === "");
    return endOf(isEmpty ? last.key : last.value);
  }
  if (isSeq(node) && node.flow !== true && node.items.length > 0) return endOf(node.items.at(-1));
  const range = (node as Node | null)?.range;
  return range ? range[1] : null;
}

/** Column at which a block's members begin; null for what cannot be added to as it is written. */
function indentOf(text: string, node: unknown): number | null {
  if (!(isMap(node) || isSeq(node)) || node.flow === true) return null;
  const first = (isMap(node) ? node.items[0]?.key : node.items[0]) as Node | undefined;
  if (!first?.range) return null;
  const lineStart = text.lastIndexOf("\n", first.range[0] - 1) + 1;
  if (isMap(node)) return first.range[0] - lineStart;
  return /^( *)- /.exec(text.slice(lineStart))?.[1]?.length ?? null;
}

function insertionOf(
  document: Document,
  text: string,
  { path, value }: Addition,
): Insertion | null {
  const node = document.getIn(path, true);
  const [key = ""] = path;
  if (node === undefined && path.length === 1) {
    return { at: text.length, text: print({ [key]: value }, 0) };
  }
  const indent = indentOf(text, node);
  const end = endOf(node);
  if (indent === null || end === null) return null;
  // A block scalar ends behind its line.
  const line = text[end - 1] === "\n" ? end - 1 : text.indexOf("\n", end);
  return { at: line < 0 ? text.length : line + 1, text: print(value, indent) };
}

/**
 * The text with the additions; null where one does not fit into the text as it is written, as into `{}`.
 * @param document the text, parsed
 */
export function insertLines(
  document: Document,
  text: string,
  additions: readonly Addition[],
): string | null {
  const insertions: Insertion[] = [];
  for (const addition of additions) {
    const insertion = insertionOf(document, text, addition);
    if (insertion === null) return null;
    insertions.push(insertion);
  }
  let out = text;
  for (const { at, text: lines } of insertions.toReversed().toSorted((a, b) => b.at - a.at)) {
    const before = out.slice(0, at);
    out = `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}${lines}${out.slice(at)}`;
  }
  return out;
}
