/** Parses one script once; every later step works on this tree. */
import { parse, type ParserOptions } from "@babel/parser";
import type * as t from "@babel/types";
import type { Script } from "../files/bundle.ts";

export interface ParseFailure {
  /** The parser's words, without its own position suffix. */
  readonly reason: string;
  readonly offset: number;
}

export type ParseResult =
  | { readonly tree: t.File; readonly failure?: never }
  | { readonly failure: ParseFailure; readonly tree?: never };

/** Scripts above this many characters are not parsed: the tree would not fit into memory. */
const scriptLimit = 64 * 1024 * 1024;

const sourceSyntax = "it is source (JSX, Flow or TypeScript), not what a build wrote";
const tooDeep = "it is nested too deep";

type SourceType = "module" | "script" | "unambiguous";

/** How a script is tried, in order. A classic script may also use `await` as a name. */
const orders: Readonly<Record<Script["type"], readonly (readonly [SourceType, boolean])[]>> = {
  module: [
    ["module", true],
    ["script", true],
    ["script", false],
  ],
  classic: [
    ["script", true],
    ["module", true],
    ["script", false],
  ],
  handler: [
    ["script", true],
    ["script", false],
  ],
  unknown: [
    ["unambiguous", true],
    ["script", true],
    ["script", false],
  ],
};

/** The source types and whether `await` may stand outside functions, in the order in which a script is tried. */
export function parseOrder(type: Script["type"]): readonly (readonly [SourceType, boolean])[] {
  return orders[type];
}

function attempt(
  code: string,
  [sourceType, allowAwaitOutsideFunction]: readonly [SourceType, boolean],
  name: string,
): ParseResult {
  const options: ParserOptions = {
    sourceType,
    sourceFilename: name,
    attachComment: false,
    errorRecovery: false,
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction,
  };
  try {
    return { tree: parse(code, options) };
  } catch (error) {
    // The parser recurses: what is not a syntax error is a stack or memory that does not suffice.
    if (!(error instanceof SyntaxError)) return { failure: { reason: tooDeep, offset: 0 } };
    const fault = error as SyntaxError & { pos?: number };
    const isSource = /parser plugin/.test(fault.message);
    const reason = isSource ? sourceSyntax : fault.message.replace(/\s*\(\d+:\d+\)$/, "");
    return { failure: { reason, offset: fault.pos ?? 0 } };
  }
}

/** Parses a script by its type, and in other ways where the first fails. `name` marks every node's `loc`. */
export function parseScript(script: Script, name: string): ParseResult {
  if (script.code.length > scriptLimit) {
    return { failure: { reason: `it is larger than ${scriptLimit} characters`, offset: 0 } };
  }
  let first: ParseResult | undefined;
  for (const way of parseOrder(script.type)) {
    const result = attempt(script.code, way, name);
    if (result.failure === undefined || result.failure.reason === tooDeep) return result;
    first ??= result;
  }
  return first as ParseResult;
}
