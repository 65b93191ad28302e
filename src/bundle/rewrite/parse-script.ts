/** Parsing of a script as the rewriter and its verification need it. */
import { parse, type ParseResult } from "@babel/parser";
import type { Script } from "../files/bundle.ts";
import { parseOrder } from "../modules/parse-script.ts";

/**
 * Parses a script by its type, and in the other ways in which the analysis reads one.
 * @throws SyntaxError where it is not JavaScript, RangeError where it is nested too deep.
 */
export function parseScript(code: string, type: Script["type"]): ParseResult {
  let fault: unknown;
  for (const [sourceType, allowAwaitOutsideFunction] of parseOrder(type)) {
    try {
      return parse(code, {
        sourceType,
        allowAwaitOutsideFunction,
        allowReturnOutsideFunction: true,
        errorRecovery: false,
      });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      fault ??= error;
    }
  }
  throw fault;
}
