/** Source maps: found, chained through the splices, and stripped of the sources they carry. */
import remapping from "@jridgewell/remapping";
import type MagicString from "magic-string";
import { posix } from "node:path";
import type { Bundle, FileKind } from "../files/bundle.ts";
import type { Splice } from "./splices.ts";

/** The comment that names a script's or stylesheet's map: it stands last. Quotes would make it part of a string. */
const comments: Partial<Record<FileKind, RegExp>> = {
  script: /\/\/[#@]\s*sourceMappingURL=([^\s'"`]+)(?=\s*$)/,
  style: /\/\*[#@]\s*sourceMappingURL=([^\s*'"]+)\s*\*\/(?=\s*$)/,
};

export interface MapComment {
  readonly url: string;
  readonly splice: Splice;
}

/** The map comment at the end of a text, as a splice that removes it. */
export function mapComment(text: string, kind: FileKind, offset = 0): MapComment | null {
  const match = comments[kind]?.exec(text);
  if (match?.[1] === undefined) return null;
  const start = offset + match.index;
  return { url: match[1], splice: { start, end: start + match[0].length, text: "" } };
}

interface RawMap {
  readonly version: number;
  readonly mappings: string;
  readonly sources: readonly (string | null)[];
  readonly names?: readonly string[];
}

function parseMap(text: string): RawMap | null {
  try {
    const map = JSON.parse(text.replace(/^\)\]\}'[^\n]*\n/, "")) as RawMap;
    return map.version === 3 && typeof map.mappings === "string" ? map : null;
  } catch {
    return null;
  }
}

const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/s;

/** The map of a file by its comment, else the file beside it named `….map`. */
export function originalMap(bundle: Bundle, path: string, url: string | null): RawMap | null {
  const data = inline.exec(url ?? "");
  if (data?.[2] !== undefined) {
    const encoding = data[1] === undefined ? "utf8" : "base64";
    const body = encoding === "utf8" ? decodeURIComponent(data[2]) : data[2];
    return parseMap(Buffer.from(body, encoding).toString("utf8"));
  }
  const named = url === null ? null : posix.join(posix.dirname(path), url);
  const file = bundle.files.get(named ?? "") ?? bundle.files.get(`${path}.map`);
  return file === undefined ? null : parseMap(Buffer.from(file.bytes).toString("utf8"));
}

/** The map from the rewritten file to the original sources, as JSON without their contents. */
export function chainMap(output: MagicString, original: RawMap, path: string): string {
  const step = output.generateMap({
    source: "rewritten",
    hires: "boundary",
    includeContent: false,
  });
  const chained = remapping(
    step.toString(),
    (file, context) =>
      file === "rewritten" && context.depth === 1
        ? ({ ...original, sourcesContent: undefined } as never)
        : null,
    { excludeContent: true },
  );
  return `${JSON.stringify({
    version: 3,
    file: posix.basename(path),
    sources: chained.sources,
    names: chained.names,
    mappings: chained.mappings,
  })}\n`;
}
