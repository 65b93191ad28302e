/** Source maps: found, chained through the splices, and stripped of the sources they carry. */
import remapping from "@jridgewell/remapping";
import type MagicString from "magic-string";
import { posix } from "node:path";
import type { TraceMap } from "@jridgewell/trace-mapping";
import type { FileKind } from "../files/bundle.ts";
import { mapReference } from "../files/map-text.ts";
import type { Splice } from "./splices.ts";

/** The map comment at the end of a text, as a splice that removes it. */
export function mapComment(text: string, kind: FileKind, offset = 0): Splice | null {
  const found = mapReference(text);
  // In a stylesheet two slashes begin no comment.
  if (found === undefined || (kind === "style" && text.startsWith("//", found.start))) return null;
  return { start: offset + found.start, end: offset + found.end, text: "" };
}

/** A source's name without characters that move the cursor or turn the direction of reading. */
function visible(source: string): string {
  return source.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "");
}

/**
 * The map from the rewritten file to the original sources, as JSON without their contents; null where the original one
 * names what it does not have.
 */
export function chainMap(output: MagicString, original: TraceMap, path: string): string | null {
  try {
    return chained(output, original, path);
  } catch {
    return null;
  }
}

function chained(output: MagicString, original: TraceMap, path: string): string {
  const step = output.generateMap({
    source: "rewritten",
    hires: "boundary",
    includeContent: false,
  });
  const map = remapping(
    step.toString(),
    (file, context) => (file === "rewritten" && context.depth === 1 ? original : null),
    { excludeContent: true },
  );
  return `${JSON.stringify({
    version: 3,
    file: posix.basename(path),
    sources: map.sources.map((source) => source && visible(source)),
    names: map.names,
    mappings: map.mappings,
  })}\n`;
}
