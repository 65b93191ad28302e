/** Scripts that others import and that the bundle does not hold: what is in them is not seen. */
import { posix } from "node:path";
import type { Bundle } from "../files/bundle.ts";
import type { Program } from "../modules/program.ts";
import { literalText, type Node } from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";

export interface MissingScript {
  /** Its path in the bundle, if it were there. */
  readonly path: string;
  /** The file that imports it. */
  readonly importer: string;
}

/** What a script imports by its place; packages and other origins are not looked for. */
const ownScript = /^\.{0,2}\/(?!\/).*\.[cm]?js$/;

function sourceOf(node: Node): string | undefined {
  switch (node.type) {
    case "ImportExpression":
      return literalText(node.source);
    case "CallExpression":
      return literalText(node.arguments[0]);
    case "ImportDeclaration":
    case "ExportAllDeclaration":
      return node.source.value;
    case "ExportNamedDeclaration":
      return node.source?.value;
    default:
      return undefined;
  }
}

/** A bundle built for a sub-path names its files by more than their place in the folder. */
function isHere({ files }: Bundle, path: string): boolean {
  const parts = path.split("/");
  return parts.some((_part, at) => files.has(parts.slice(at).join("/")));
}

function pathOf(unit: Unit, source: string): string {
  const folder = source.startsWith("/") ? "" : posix.dirname(unit.script.file);
  return posix.join(folder, `./${source}`).replace(/^(?:\.\.\/|\/)+/, "");
}

/** The scripts that are imported and not there, each once. */
export function missingScripts(bundle: Bundle, program: Program): MissingScript[] {
  const found = new Map<string, MissingScript>();
  for (const unit of program.units) {
    const { imports, exports, dynamicImports } = unit.index;
    for (const node of [...imports, ...exports, ...dynamicImports]) {
      const source = sourceOf(node)?.replace(/[?#].*$/, "");
      if (source === undefined || !ownScript.test(source)) continue;
      const path = pathOf(unit, source);
      if (found.has(path) || isHere(bundle, path)) continue;
      found.set(path, { path, importer: unit.script.file });
    }
  }
  return [...found.values()];
}
