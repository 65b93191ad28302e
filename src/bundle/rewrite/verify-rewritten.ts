/** Checks a rewritten bundle before anything of it is written. */
import { GovernError } from "../../errors/govern-error.ts";
import type { Finding } from "../../contract/build.ts";
import type { Analysis } from "../analysis.ts";
import { formsOf } from "../credentials/forms.ts";
import { isUtf8 } from "../files/read-bundle.ts";
import { strippedValues } from "./credentials.ts";
import { isProven } from "./prove-script.ts";
import type { RewrittenBundle } from "./rewrite-bundle.ts";
import { scriptsOf, type EmittedScript } from "./scripts-of.ts";
import { placeAt } from "./text.ts";
import { findSinks, isTooDeep, type Leftover } from "./verify-script.ts";

/** What a look at emitted files found; the path is that of the emitted file. */
function sinkFinding(file: string, text: string, leftover: Leftover): Finding {
  return {
    rule: "unresolved-call",
    severity: "error",
    file,
    ...placeAt(text, leftover.start),
    message: `${leftover.sink} is not behind the proxy`,
    fix: "Report this bundle's shape: import left a call unrewritten; the sidecar refuses it.",
  };
}

function deepFinding(file: string, text: string, offset: number): Finding {
  return {
    rule: "unreadable-file",
    severity: "error",
    file,
    ...placeAt(text, offset),
    message: `a script of ${file} is nested too deep to be looked over`,
    fix: "Build it with a bundler that does not nest its code so deep, or leave it out.",
  };
}

/**
 * The sinks left in the scripts of some emitted files.
 * @param unparsed told of a script that does not parse; it then has no sinks, in a browser neither
 */
export function remainingSinks(
  files: Iterable<readonly [string, Uint8Array]>,
  unparsed: (path: string, cause: SyntaxError) => void,
): Finding[] {
  const sinksOf = (path: string, { text, code, offset, type }: EmittedScript): Finding[] => {
    try {
      return findSinks(code, type).map((leftover) =>
        sinkFinding(path, text, { ...leftover, start: leftover.start + offset }),
      );
    } catch (error) {
      if (isTooDeep(error)) return [deepFinding(path, text, offset)];
      if (!(error instanceof SyntaxError)) throw error;
      unparsed(path, error);
      return [];
    }
  };
  return [...files].flatMap(([path, bytes]) =>
    scriptsOf(path, bytes).flatMap((script) => sinksOf(path, script)),
  );
}

/** Output paths of the files that the analysis could not parse: they do not parse now either. */
function unreadablePaths(rewritten: RewrittenBundle, analysis: Analysis): Set<string> {
  const unreadable = analysis.findings.filter(({ rule }) => rule === "unreadable-file");
  return new Set(unreadable.map(({ file }) => rewritten.renames.get(file) ?? file));
}

function credentialLeft(path: string, isUnreadable: boolean): GovernError {
  if (!isUnreadable) return new GovernError("internal", `a stripped credential is left in ${path}`);
  return new GovernError(
    "credential-left",
    `${path} holds a credential, and cannot be read to take it out.`,
    { next: `Leave ${path} out of the bundle, or mend it: govern inspect says what is wrong.` },
  );
}

/**
 * Checks that no stripped credential is left in any byte of some files, in whatever form.
 * @param unreadable paths of files that import cannot change
 * @throws GovernError `credential-left` for one of these, else `internal`, naming the file; nothing may be written then.
 */
export function checkStripped(
  files: Iterable<readonly [string, Uint8Array]>,
  { cuts }: Pick<Analysis, "cuts">,
  unreadable: ReadonlySet<string> = new Set(),
): void {
  const forms = strippedValues(cuts)
    .map(formsOf)
    .flatMap(({ texts, cores }) => [...texts, ...cores])
    .map((form) => Buffer.from(form, "utf8"));
  for (const [path, bytes] of files) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (forms.some((form) => buffer.includes(form))) {
      throw credentialLeft(path, unreadable.has(path));
    }
  }
}

/** The emitted files that must be looked over whole. */
function unproven(
  { files, log }: RewrittenBundle,
  { marks }: Pick<Analysis, "marks">,
): (readonly [string, Uint8Array])[] {
  const proven = new Set<string>();
  for (const one of log.files) {
    const known = marks?.get(one.from);
    const bytes = files.get(one.to);
    if (known === undefined || bytes === undefined) continue;
    const text = one.splices.length === 0 ? "" : Buffer.from(bytes).toString("utf8");
    if (isProven(text, one, known)) proven.add(one.to);
  }
  return [...files].filter(([path]) => !proven.has(path));
}

/**
 * Verifies a rewritten bundle: each script that parsed before parses, and no stripped credential is left in any byte.
 * @returns the sinks that are left, as findings
 * @throws GovernError `credential-left` where a file that cannot be read holds it, `internal`; nothing may be written then.
 */
export function verifyRewritten(rewritten: RewrittenBundle, analysis: Analysis): Finding[] {
  const unreadable = unreadablePaths(rewritten, analysis);
  checkStripped([...rewritten.files, ...rewritten.maps], analysis, unreadable);
  // What is no text was told as a whole: nothing of it was read, and nothing of it is behind the proxy.
  const texts = unproven(rewritten, analysis).filter(
    ([path, bytes]) => !unreadable.has(path) || isUtf8({ bytes }),
  );
  return remainingSinks(texts, (path, cause) => {
    if (unreadable.has(path)) return;
    throw new GovernError("internal", `${path} does not parse after the rewrite`, { cause });
  });
}
