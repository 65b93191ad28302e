/**
 * What makes a finding the same one in the next build: its rule, and the operation it is about, or else its source file and
 * what it says. Lines, columns, minified names and the hashes in file names are no part of it.
 */
import { canonicalJson, sha256Hex } from "../contract/canonical-json.ts";
import type { Finding } from "../contract/build.ts";

/** `index-QD5hgFml.js`, `main.8a7b6c5d.js`: a run of letters and digits that is no word. */
const contentHash = /[-.](?=[\w-]*[A-Z\d])(?:[\w-]{8}|[\da-f]{6,64})(?=(?:\.[a-z]+)+\b)/g;

function withoutHashes(text: string): string {
  return text.replaceAll(contentHash, "");
}

function identityOf(app: string, finding: Finding): string {
  const { rule, operation, source, file, message } = finding;
  const about =
    operation === undefined
      ? { file: source?.file ?? withoutHashes(file), message: withoutHashes(message) }
      : { operation };
  return canonicalJson({ app, rule, ...about });
}

/** A fingerprint for each of the findings of an app, in their order: equal ones are numbered. */
export function fingerprintsOf(app: string, findings: readonly Finding[]): string[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const identity = identityOf(app, finding);
    const nth = seen.get(identity) ?? 0;
    seen.set(identity, nth + 1);
    return sha256Hex(`${identity} ${nth}`).slice(0, 32);
  });
}
