/**
 * A rewritten statement text: a primitive string that passes through any helper and says, when it reaches a client,
 * which operation was meant and what was interpolated.
 */
import { tagValue, type SqlValue, type TaggedValue } from "../../contract/tagged-value.ts";

export interface TextToken {
  readonly operation: string;
  readonly holes: readonly TaggedValue[];
}

const mark = "govern-text:";

/** True for the values that SQL has words for; a template literal makes text of anything else. */
function isSqlValue(hole: unknown): hole is SqlValue {
  if (hole === null || (typeof hole !== "object" && typeof hole !== "function")) return true;
  return hole instanceof Date || hole instanceof Uint8Array || Array.isArray(hole);
}

/** Makes the token that stands for an interpolated text. */
export function makeToken(operation: string, holes: readonly unknown[]): string {
  const values = JSON.stringify(
    holes.map((hole) => tagValue(isSqlValue(hole) ? hole : String(hole as URL))),
  );
  return `${mark}${operation}:${encodeURIComponent(values)}`;
}

/** Reads a token back; null if the text is none, or a helper changed more than the white space around it. */
export function readToken(text: string): TextToken | null {
  const [, operation, values] = /^\s*govern-text:([a-z0-9-]+):(\S*)\s*$/.exec(text) ?? [];
  if (operation === undefined || values === undefined) return null;
  return { operation, holes: JSON.parse(decodeURIComponent(values)) as TaggedValue[] };
}
