/** Places in original sources, where a script's source map tells. */
import { posix } from "node:path";
import { originalPositionFor, type TraceMap } from "@jridgewell/trace-mapping";
import type { SourcePlace } from "../../contract/build.ts";
import type { Bundle } from "./bundle.ts";
import { readMap } from "./map-text.ts";

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
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .replace(/[?#].*$/, "");
  const clean = posix.normalize(path).replace(/^(?:\.{0,2}\/)+/, "");
  return clean === "" || clean === "." || clean === ".." ? "unknown" : clean.slice(0, 300);
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
