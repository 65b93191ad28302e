/** Small questions about the parts of a text. */
import type { Part, TextPart } from "../evaluate/values.ts";

export function isText(part: Part | undefined): part is TextPart {
  return part?.kind === "text";
}

/** Joins neighbouring texts; literals inside are no longer told apart. */
export function mergeTexts(parts: readonly Part[]): Part[] {
  const out: Part[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    if (isText(part) && isText(last))
      out[out.length - 1] = { kind: "text", text: last.text + part.text };
    else if (!isText(part) || part.text !== "") out.push(part);
  }
  return out;
}
