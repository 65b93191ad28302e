import type { Analysis, Cut } from "../../../src/bundle/analysis.ts";
import type { Bundle, BundleFile, FileKind } from "../../../src/bundle/files/bundle.ts";
import { scriptsOf } from "../../../src/bundle/rewrite/scripts-of.ts";
import { sha256Hex } from "../../../src/contract/canonical-json.ts";

function kindOf(path: string): FileKind {
  if (/\.[cm]?js$/.test(path)) return "script";
  if (path.endsWith(".html")) return "html";
  if (path.endsWith(".map")) return "map";
  return path.endsWith(".css") ? "style" : "asset";
}

/** A bundle in memory from the texts of its files. */
export function bundleOf(texts: Readonly<Record<string, string | Uint8Array>>): Bundle {
  const files = new Map<string, BundleFile>(
    Object.entries(texts)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, text]) => [
        path,
        {
          path,
          kind: kindOf(path),
          bytes: typeof text === "string" ? new TextEncoder().encode(text) : text,
        },
      ]),
  );
  const scripts = [...files.values()].flatMap((file) =>
    scriptsOf(file.path, file.bytes).map(({ code, offset, type }) => ({
      file: file.path,
      offset,
      code,
      type,
    })),
  );
  const digests = [...files.values()].map(({ path, bytes }) => `${path} ${sha256Hex(bytes)}`);
  return {
    root: "/bundle",
    files,
    scripts,
    digest: sha256Hex(digests.join("\n")),
    bytes: [...files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0),
  };
}

/** An analysis that holds cuts alone. */
export function analysisOf(cuts: readonly Cut[]): Analysis {
  return { operations: [], sites: [], findings: [], origins: [], external: [], cuts };
}

/** The span of the nth occurrence of some text. */
export function spanOf(text: string, part: string, nth = 0): { start: number; end: number } {
  let start = -1;
  for (let at = 0; at <= nth; at += 1) start = text.indexOf(part, start + 1);
  return { start, end: start + part.length };
}

/** A stand-in for the built proxy module. */
export const standIn = {
  proxy: '"use strict";(()=>{globalThis.__govern??={build:"__GOVERN_BUILD__"};fetch})();\n',
  version: "9.8.7",
};

export function textIn(files: ReadonlyMap<string, Uint8Array>, path: string): string {
  const bytes = files.get(path);
  return bytes === undefined
    ? `missing: ${path}`
    : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
