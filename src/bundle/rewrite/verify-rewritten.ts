/** Checks a rewritten bundle before anything of it is written. */
import { GovernError } from "../../errors/govern-error.ts";
import type { Finding } from "../../contract/build.ts";
import type { Analysis } from "../analysis.ts";
import { strippedValues } from "./credentials.ts";
import type { RewrittenBundle } from "./rewrite-bundle.ts";
import { scriptsOf } from "./scripts-of.ts";
import { placeAt } from "./text.ts";
import { findSinks, type Leftover } from "./verify-script.ts";

/** What a look at emitted files found; the path is that of the emitted file. */
export function sinkFinding(file: string, text: string, leftover: Leftover): Finding {
  return {
    rule: "unresolved-call",
    severity: "error",
    file,
    ...placeAt(text, leftover.start),
    message: `${leftover.sink} is not behind the proxy`,
    fix: "Report this bundle's shape: import left a call unrewritten; the sidecar refuses it.",
  };
}

/**
 * The sinks left in the scripts of emitted files.
 * @throws GovernError `internal` when one does not parse.
 */
export function remainingSinks(files: ReadonlyMap<string, Uint8Array>): Finding[] {
  return [...files].flatMap(([path, bytes]) =>
    scriptsOf(path, bytes).flatMap(({ text, code, offset, type }) => {
      try {
        return findSinks(code, type).map((leftover) =>
          sinkFinding(path, text, { ...leftover, start: leftover.start + offset }),
        );
      } catch (error) {
        throw new GovernError("internal", `${path} does not parse after the rewrite`, {
          cause: error,
        });
      }
    }),
  );
}

/**
 * Verifies a rewritten bundle: each script parses, and no stripped credential is left in any byte.
 * @returns the sinks that are left, as findings
 * @throws GovernError `internal`; nothing may be written then.
 */
export function verifyRewritten(rewritten: RewrittenBundle, analysis: Analysis): Finding[] {
  const values = strippedValues(analysis.cuts).map((value) => Buffer.from(value, "utf8"));
  for (const [path, bytes] of [...rewritten.files, ...rewritten.maps]) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (values.some((value) => buffer.includes(value))) {
      throw new GovernError("internal", `a stripped credential is left in ${path}`);
    }
  }
  return remainingSinks(rewritten.files);
}
