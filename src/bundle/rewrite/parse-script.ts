/** Parsing of a script as the rewriter and its verification need it. */
import { parse, type ParseResult } from "@babel/parser";
import type { Script } from "../files/bundle.ts";

const sourceTypes = {
  module: ["module", "script"],
  classic: ["script", "module"],
  unknown: ["unambiguous", "script"],
} as const;

function parseAs(code: string, sourceType: "module" | "script" | "unambiguous"): ParseResult {
  return parse(code, {
    sourceType,
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: sourceType !== "script",
    errorRecovery: false,
  });
}

/**
 * Parses a script by its type, and by the other one where that fails: the analysis sees it so.
 * @throws SyntaxError where it is not JavaScript, RangeError where it is nested too deep.
 */
export function parseScript(code: string, type: Script["type"]): ParseResult {
  const [first, second] = sourceTypes[type];
  try {
    return parseAs(code, first);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    try {
      return parseAs(code, second);
    } catch {
      throw error;
    }
  }
}
