/**
 * Integrity values (W3C Subresource Integrity), wherever they stand: attributes, import maps, tables of loaders. A value is
 * known by what it is, the digest of a file of this bundle, so that no place is missed.
 */
import { createHash } from "node:crypto";
import type { BundleFile } from "../files/bundle.ts";

type Algorithm = "sha256" | "sha384" | "sha512";

export interface IntegrityUse {
  readonly start: number;
  readonly end: number;
  readonly algorithm: Algorithm;
  readonly target: string;
}

const value = /\b(sha256|sha384|sha512)-[A-Za-z0-9+/]{43,88}={0,2}/g;

/** The integrity value of some bytes. */
export function integrityOf(bytes: Uint8Array, algorithm: Algorithm): string {
  return `${algorithm}-${createHash(algorithm).update(bytes).digest("base64")}`;
}

/** Digests of the bundle's files, made only for the algorithms that the bundle uses. */
export class IntegrityIndex {
  readonly #files: readonly BundleFile[];
  readonly #byAlgorithm = new Map<Algorithm, Map<string, string>>();

  constructor(files: Iterable<BundleFile>) {
    this.#files = [...files].filter((file) => file.kind !== "map");
  }

  #values(algorithm: Algorithm): Map<string, string> {
    const known = this.#byAlgorithm.get(algorithm);
    if (known !== undefined) return known;
    const made = new Map(
      this.#files.map((file) => [integrityOf(file.bytes, algorithm), file.path] as const),
    );
    this.#byAlgorithm.set(algorithm, made);
    return made;
  }

  /** The integrity values in a text that are those of files of the bundle. */
  usesIn(text: string): IntegrityUse[] {
    const uses: IntegrityUse[] = [];
    for (const match of text.matchAll(value)) {
      const algorithm = match[1] as Algorithm;
      const target = this.#values(algorithm).get(match[0]);
      if (target === undefined) continue;
      uses.push({ start: match.index, end: match.index + match[0].length, algorithm, target });
    }
    return uses;
  }
}
