/** What mutants are made of: the fixtures' scripts with the spans of their nodes, and parts of all of them by kind. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@babel/parser";
import { childAt, keysOf, type Node } from "../../../src/bundle/modules/syntax.ts";

/** Larger scripts cost more than they show. */
const largest = 12_000;

export type PartKind = "expression" | "statement" | "function" | "name" | "key" | "text" | "number";

export interface Span {
  readonly kind: PartKind;
  readonly start: number;
  readonly end: number;
}

export interface SeedScript {
  readonly path: string;
  readonly text: string;
  readonly spans: readonly Span[];
}

export interface Seeds {
  /** The scripts of one case each. */
  readonly bundles: readonly (readonly SeedScript[])[];
  readonly parts: ReadonlyMap<PartKind, readonly string[]>;
}

function kindOf(node: Node, parent: Node | null): PartKind | undefined {
  const { type } = node;
  if (type === "StringLiteral") return parent?.type.endsWith("Declaration") ? undefined : "text";
  if (type === "NumericLiteral") return "number";
  if (type === "Identifier") return isKey(node, parent) ? "key" : "name";
  if (/^(?:Arrow)?Function/.test(type) && type.endsWith("Expression")) return "function";
  if (/(?:Statement|Declaration)$/.test(type)) return "statement";
  return /(?:Expression|TemplateLiteral)$/.test(type) ? "expression" : undefined;
}

function isKey(node: Node, parent: Node | null): boolean {
  if (parent === null) return false;
  if ("property" in parent && parent.property === node)
    return !("computed" in parent && parent.computed);
  return "key" in parent && parent.key === node && !("computed" in parent && parent.computed);
}

function spansOf(text: string): Span[] {
  const tree = parse(text, { sourceType: "module", allowReturnOutsideFunction: true });
  const spans: Span[] = [];
  const waiting: [Node, Node | null][] = tree.program.body.map((node) => [node, null]);
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    const [node, parent] = item;
    const kind = kindOf(node, parent);
    if (kind !== undefined) spans.push({ kind, start: node.start ?? 0, end: node.end ?? 0 });
    for (const key of keysOf(node)) {
      const child = childAt(node, key);
      const list = Array.isArray(child) ? (child as (Node | null)[]) : [child as Node | null];
      for (const one of list) if (one) waiting.push([one, node]);
    }
  }
  return spans.toSorted((a, b) => a.start - b.start || b.end - a.end);
}

function scriptsUnder(folder: string, base = ""): SeedScript[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return scriptsUnder(path, `${base}${name}/`);
      if (!/\.m?js$/.test(name) || statSync(path).size > largest) return [];
      const text = readFileSync(path, "utf8");
      return [{ path: `${base}${name}`, text, spans: spansOf(text) }];
    });
}

function casesUnder(root: string): SeedScript[][] {
  return readdirSync(root)
    .toSorted()
    .flatMap((subject) =>
      readdirSync(join(root, subject))
        .toSorted()
        .map((name) => scriptsUnder(join(root, subject, name))),
    );
}

function partsOf(bundles: readonly (readonly SeedScript[])[]): Map<PartKind, string[]> {
  const parts = new Map<PartKind, Set<string>>();
  for (const { text, spans } of bundles.flat()) {
    for (const { kind, start, end } of spans) {
      if (end - start > 400) continue;
      parts.set(kind, (parts.get(kind) ?? new Set()).add(text.slice(start, end)));
    }
  }
  return new Map([...parts].map(([kind, texts]) => [kind, [...texts]]));
}

/** Reads and parses the fixtures, once. */
export function readSeeds(): Seeds {
  const bundles = ["fixtures/recognizers", "fixtures/modules"]
    .flatMap(casesUnder)
    .filter((scripts) => scripts.length > 0);
  return { bundles, parts: partsOf(bundles) };
}
