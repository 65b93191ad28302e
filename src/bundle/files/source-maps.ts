/**
 * Places in original sources, where a script's source map tells. Maps are somebody else's data: one that is not well formed,
 * too large or outside the bundle is as good as none.
 */
import { posix } from "node:path";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { SourcePlace } from "../../contract/build.ts";
import type { Bundle } from "./bundle.ts";
import { bundlePath } from "./html-scripts.ts";
import { fileText } from "./read-bundle.ts";

/** Larger maps are not read. */
const mapLimit = 128 * 1024 * 1024;

const reference = /[#@]\s*sourceMappingURL=([^\s'"*]+)\s*(?:\*\/\s*)?$/;

export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

/** A source's name as people know it: without a scheme, steps up, or an absolute folder. */
export function cleanSource(name: string): string {
  const path = name
    .replace(/^webpack:\/\/[^/]*\//, "")
    .replace(/^[a-z][a-z0-9+.-]*:\/*/i, "")
    .replaceAll("\\", "/")
    .replaceAll(/\p{Cc}/gu, "")
    .replace(/[?#].*$/, "");
  const clean = posix.normalize(path).replace(/^(?:\.{0,2}\/)+/, "");
  return clean === "" || clean === "." || clean === ".." ? "unknown" : clean.slice(0, 300);
}

function dataText(url: string): string | undefined {
  const match = /^data:[^,;]*(?:;charset=[^,;]*)?(;base64)?,(.*)$/s.exec(url);
  if (match === null) return undefined;
  const body = match[2] ?? "";
  return match[1] === undefined
    ? decodeURIComponent(body)
    : Buffer.from(body, "base64").toString("utf8");
}

function mapText(bundle: Bundle, file: string): string | undefined {
  const owner = bundle.files.get(file);
  if (owner === undefined) return undefined;
  const text = fileText(owner);
  const url = reference.exec(text.slice(-Math.min(text.length, mapLimit)))?.[1];
  if (url?.startsWith("data:")) return dataText(url);
  const path = url === undefined ? `${file}.map` : bundlePath(file, decodeURIComponent(url));
  const map = path === undefined ? undefined : bundle.files.get(path);
  return map === undefined || map.bytes.byteLength > mapLimit ? undefined : fileText(map);
}

function readMap(bundle: Bundle, file: string): TraceMap | null {
  try {
    const text = mapText(bundle, file);
    // Some servers guard JSON against inclusion by a first line of `)]}'`.
    return text === undefined ? null : new TraceMap(text.replace(/^\)\]\}'[^\n]*\n/, ""));
  } catch {
    return null;
  }
}

/** The source maps of a bundle, each read when it is first asked for. */
export class SourceMaps {
  private readonly bundle: Bundle;
  private readonly maps = new Map<string, TraceMap | null>();

  constructor(bundle: Bundle) {
    this.bundle = bundle;
  }

  /** The original place of a place in the bundle, or undefined where no map tells. Never throws. */
  originalPlace({ file, line, column }: Place): SourcePlace | undefined {
    let map = this.maps.get(file);
    if (map === undefined) {
      map = readMap(this.bundle, file);
      this.maps.set(file, map);
    }
    if (map === null) return undefined;
    try {
      const found = originalPositionFor(map, { line, column });
      if (found.source === null) return undefined;
      return { file: cleanSource(found.source), line: found.line, column: found.column };
    } catch {
      return undefined;
    }
  }
}

/** Lines and columns of offsets in one text. */
export class LineIndex {
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
      this.starts.push(at + 1);
    }
  }

  /** Line from 1 and column from 0. */
  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.starts[low] as number) };
  }
}
