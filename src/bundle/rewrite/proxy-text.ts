/** The proxy module's text as it stands in governed output, and the mark by which governed output is known. */
import { sha256Hex } from "../../contract/canonical-json.ts";
import type { Script } from "../files/bundle.ts";
import { governedBanner } from "../files/governed-marker.ts";
import { parseScript } from "./parse-script.ts";

/** What import needs of the built proxy module. */
export interface ProxySource {
  /** Text of `dist/browser/proxy.js`: an idempotent classic script that sets `__govern`. */
  readonly text: string;
  /** Version of govern, for the banner. */
  readonly version: string;
}

/** Tells the comment that opens the inlined proxy. */
export function isBanner(comment: string): boolean {
  return `/*${comment}`.startsWith(governedBanner);
}

/**
 * The proxy as one statement. The function around it keeps the module's own directives from becoming the script's: a
 * "use strict" at the head of a classic script would change what the app means.
 */
export function proxyStatement(proxy: ProxySource, digest: string): string {
  const body = proxy.text.trim().replaceAll("__GOVERN_BUILD__", digest);
  return `${governedBanner} ${proxy.version} */!function(){${body}\n}();`;
}

/** The proxy as a script of its own, for the head of a page. */
export function proxyFile(proxy: ProxySource, digest: string): { name: string; text: string } {
  const text = `${proxyStatement(proxy, digest)}\n`;
  return { name: `govern-proxy-${sha256Hex(text).slice(0, 8)}.js`, text };
}

const space = String.raw`(?:\s|\/\*(?:(?!\*\/)[^])*\*\/|\/\/.*\n)*`;

/** A script that may begin with a hashbang or a directive: white space and comments, then # or a quote. */
const special = new RegExp(`^${space}["'#]`);

/** Directives that end in a semicolon, with nothing after them that could be another, or go on with the text. */
const directives = new RegExp(
  String.raw`^(?:${space}(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*;)+(?!${space}["'])`,
);

/** Where a statement can be put first in a script, after hashbang and directives, and what must stand before it. */
export function headOf(script: Script): { at: number; before: string } {
  if (!special.test(script.code)) return { at: 0, before: "" };
  const plain = directives.exec(script.code);
  if (plain !== null) return { at: plain[0].length, before: "" };
  const { program } = parseScript(script.code, "unknown");
  const directive = program.directives.at(-1);
  const at = directive?.end ?? program.interpreter?.end ?? 0;
  if (directive === undefined) return { at, before: program.interpreter ? "\n" : "" };
  return { at, before: script.code[at - 1] === ";" ? "" : ";" };
}
