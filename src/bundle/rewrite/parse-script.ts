/** Parsing of a script as the rewriter and its verification need it. */
import { parse, type ParseResult } from "@babel/parser";
import type { Script } from "../files/bundle.ts";

const sourceTypes = { module: "module", classic: "script", unknown: "unambiguous" } as const;

/** Parses a script. @throws SyntaxError where it is not JavaScript. */
export function parseScript(code: string, type: Script["type"]): ParseResult {
  return parse(code, {
    sourceType: sourceTypes[type],
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: type !== "classic",
    allowUndeclaredExports: true,
    errorRecovery: false,
  });
}
