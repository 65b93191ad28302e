/** Whether a script is a module: by the page that refers to it, else by its own syntax. */
import { extname } from "node:path";
import type { Script } from "./bundle.ts";

export type ReferencedType = "module" | "classic";

const moduleSyntax =
  /(?:^|[;}\n])\s*(?:import\s*(?:[\w$]+[\s,]|[{*"'`])|export\s*[{*]|export\s+(?:default|const|let|var|function|class|async)\b)|\bimport\.meta\b/;
const commonSyntax = /\bmodule\.exports\b|\bexports\.[\w$]+\s*=|\bimportScripts\s*\(/;

/** The type of a script file. Syntax is a guess that parsing corrects: a string may look like an import. */
export function scriptType(
  code: string,
  known: { path: string; referenced: ReferencedType | undefined },
): Script["type"] {
  if (known.referenced !== undefined) return known.referenced;
  const extension = extname(known.path).toLowerCase();
  if (extension === ".mjs") return "module";
  if (extension === ".cjs") return "classic";
  if (moduleSyntax.test(code)) return "module";
  return commonSyntax.test(code) ? "classic" : "unknown";
}
