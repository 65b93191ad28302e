import { existsSync, readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "@babel/parser";
import { expect } from "vitest";
import type { Analysis, Cut } from "../../src/bundle/analysis.ts";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import type { Bundle } from "../../src/bundle/files/bundle.ts";
import { fileText, readBundle } from "../../src/bundle/files/read-bundle.ts";
import { operationSchema } from "../../src/contract/operation.ts";

/** The cases of a folder of fixtures: `<subject>/<case>`. */
export function casesIn(root: string): string[] {
  return readdirSync(root).flatMap((subject) =>
    readdirSync(join(root, subject)).map((name) => join(subject, name)),
  );
}

function cutText(bundle: Bundle, cut: Cut): string {
  const file = bundle.files.get(cut.file);
  const text = file === undefined ? "" : fileText(file).slice(cut.start, cut.end);
  return `${cut.kind} ${cutDetail(cut)}: ${text}`;
}

function cutDetail(cut: Cut): string {
  switch (cut.kind) {
    case "global":
      return `${cut.site}${cut.shorthand ? " shorthand" : ""}`;
    case "client":
      return `${cut.site} ${cut.client}${cut.options === null ? "" : " with options"}`;
    case "text":
      return `${cut.operation} ${cut.holes.length}`;
    case "driver":
      return cut.names === null
        ? cut.site
        : `${cut.site} ${cut.names.map(({ name, member }) => `${name}=${member}`).join()}`;
    case "in-place":
    case "load":
      return cut.site;
    case "base":
      return `${cut.origin} ${cut.part}${cut.key === null ? "" : ` shorthand ${cut.key}`}`;
    case "credential":
      return `${cut.replacement} ${JSON.stringify(cut.use)}`;
    case "address":
      return cut.replacement;
  }
}

/** What a case pins: all that people and the rewriter see of it. */
function pinned(bundle: Bundle, analysis: Analysis): unknown {
  const { operations, sites, findings, cuts } = analysis;
  return {
    operations,
    sites: sites.map(({ id, recognizer, file, line, column, status, reason, operations: ids }) => ({
      id,
      at: `${file}:${line}:${column}`,
      recognizer,
      status,
      ...(reason === undefined ? {} : { reason }),
      operations: ids,
    })),
    findings: findings.map(({ rule, file, line, column, message }) => ({
      rule,
      at: `${file}:${line}:${column}`,
      message,
    })),
    cuts: cuts.map((cut) => cutText(bundle, cut)),
  };
}

/** Each cut's text is an expression or a property of its own: replacing it cannot tear code apart. */
function checkCuts(bundle: Bundle, cuts: readonly Cut[]): void {
  for (const cut of cuts) {
    if (cut.kind === "in-place" || cut.kind === "address") continue;
    // An import that becomes declarations: a statement of its own.
    const isImport = cut.kind === "driver" && cut.names !== null;
    const text = fileText(bundle.files.get(cut.file) as never).slice(cut.start, cut.end);
    if (cut.kind === "credential" && !/^["'`]/.test(cut.replacement)) {
      // A run inside a literal: it must stay inside.
      expect(text).not.toMatch(/["'`]/);
      continue;
    }
    const key = cut.kind === "global" && cut.shorthand ? "" : "x:";
    parse(isImport ? text : `({${key}${text}})`, { sourceType: "module" });
  }
}

/** The bundle of a case: a folder, or one script. */
export function bundleIn(folder: string): Promise<Bundle> {
  return readBundle(join(folder, existsSync(join(folder, "input")) ? "input" : "input.js"));
}

/** Analyzes one case and compares it with what it pins; `UPDATE=1` writes what is seen. */
export async function expectCase(folder: string): Promise<void> {
  const bundle = await bundleIn(folder);
  const analysis = await analyzeBundle(bundle, "fixture");
  for (const operation of analysis.operations) operationSchema.parse(operation);
  checkCuts(bundle, analysis.cuts);
  const seen = JSON.parse(JSON.stringify(pinned(bundle, analysis))) as unknown;
  const file = join(folder, "expected.json");
  if (process.env["UPDATE"] === "1") await writeFile(file, `${JSON.stringify(seen, null, 1)}\n`);
  expect(seen).toEqual(JSON.parse(await readFile(file, "utf8")));
}
