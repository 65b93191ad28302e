/**
 * New names for changed files. A name carries the hash of the content, so that no cache serves an old file under it; files
 * that name each other in a cycle are hashed over their contents with the original names in place.
 */
import { posix } from "node:path";
import { sha256Hex } from "../../contract/canonical-json.ts";
import type { BundleFile, FileKind } from "../files/bundle.ts";
import { touches, type Splice } from "./splices.ts";

/** A text file on its way out. */
export interface Draft {
  readonly path: string;
  readonly kind: FileKind;
  readonly text: string;
  /** In order; without those for names and integrity values. */
  readonly splices: readonly Splice[];
}

/** A place where a file is named, by its base name or by its hash alone. */
export interface Reference {
  readonly start: number;
  readonly end: number;
  readonly target: string;
  readonly form: "name" | "hash";
}

interface HashedName {
  readonly prefix: string;
  readonly hash: string;
  readonly suffix: string;
}

const hashed = /^(.*[-.]|)([\w-]{8}|[0-9a-f]{9,64}|[A-Za-z0-9]{16,24})((?:\.[a-z]+)+)$/;
/** A word of lower-case letters is a word. */
const randomLooking = /\d|[A-Z]/;

/** Splits a base name whose last part is a content hash; null for a plain name, which keeps itself. */
export function hashedName(path: string): HashedName | null {
  const match = hashed.exec(posix.basename(path));
  const [, prefix, hash, suffix] = match ?? [];
  if (prefix === undefined || hash === undefined || suffix === undefined) return null;
  return randomLooking.test(hash) ? { prefix, hash, suffix } : null;
}

const alphabets = [
  { like: /^[0-9a-f]+$/, digits: "0123456789abcdef" },
  { like: /^[A-Z2-7]+$/, digits: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" },
  { like: /^[0-9a-z]+$/, digits: "0123456789abcdefghijklmnopqrstuv" },
];
// Without - and _: a name then splits in one way only.
const mixed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345678901";

/** A hash in the style of an old one: its length and its kind of digits. */
function hashLike(old: string, hex: string): string {
  const digits = alphabets.find(({ like }) => like.test(old))?.digits ?? mixed;
  const bytes = Buffer.from(hex + sha256Hex(hex), "hex");
  return Array.from(bytes.subarray(0, old.length), (byte) => digits[byte % digits.length]).join("");
}

/** Begins where a run of such characters does: from within a long one it would be tried again and again. */
const nameToken = /(?<![\w.~@$+%![\]-])[\w.~@$+%![\]-]+\.(?:[cm]?js|css)(?![\w-]|\.\w)/g;
const hashToken = /(?<=(["'`]))[\w-]{8,64}(?=\1)/g;

interface Candidates {
  /** Base name → path. */
  readonly names: ReadonlyMap<string, string>;
  /** Hash → path. */
  readonly hashes: ReadonlyMap<string, string>;
}

function uniqueOf(entries: readonly (readonly [string, string])[]): Map<string, string> {
  const all = new Map<string, string | null>();
  for (const [key, path] of entries) all.set(key, all.has(key) ? null : path);
  return new Map([...all].filter((entry): entry is [string, string] => entry[1] !== null));
}

/**
 * Files whose names carry a hash, by base name and by hash. What cannot be told apart keeps its name: two files of one base
 * name, and two of one hash where a table of a loader holds that hash alone.
 */
function candidates(files: Iterable<BundleFile>, drafts: readonly Draft[]): Candidates {
  const named = [...files].flatMap((file) => {
    const name = file.kind === "map" ? null : hashedName(file.path);
    return name === null ? [] : [{ path: file.path, hash: name.hash }];
  });
  const hashes = uniqueOf(named.map(({ path, hash }) => [hash, path]));
  const tabled = new Set(
    drafts.flatMap(({ text, kind }) =>
      kind === "script" ? [...text.matchAll(hashToken)].map(([token]) => token) : [],
    ),
  );
  const told = named.filter(({ hash }) => hashes.has(hash) || !tabled.has(hash));
  return { names: uniqueOf(told.map(({ path }) => [posix.basename(path), path])), hashes };
}

function referencesIn(draft: Draft, { names, hashes }: Candidates): Reference[] {
  const found: Reference[] = [];
  const add = (
    at: number,
    length: number,
    target: string | undefined,
    form: Reference["form"],
  ): void => {
    const span = { start: at, end: at + length };
    if (target !== undefined && !touches(span, draft.splices))
      found.push({ ...span, target, form });
  };
  for (const match of draft.text.matchAll(nameToken)) {
    add(match.index, match[0].length, names.get(decodeName(match[0])), "name");
  }
  if (draft.kind === "script" || draft.kind === "html") {
    for (const match of draft.text.matchAll(hashToken)) {
      add(match.index, match[0].length, hashes.get(match[0]), "hash");
    }
  }
  return found;
}

function decodeName(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

/** Changed files that may be renamed: hashed, and named by another file, so that nothing composes their name. */
function renamedFiles(
  drafts: readonly Draft[],
  references: ReadonlyMap<string, readonly Reference[]>,
): Set<string> {
  const referrers = new Map<string, Set<string>>();
  for (const [path, list] of references) {
    for (const { target } of list) {
      if (target !== path) referrers.set(target, (referrers.get(target) ?? new Set()).add(path));
    }
  }
  const renamed = new Set<string>();
  const pending = drafts.filter(({ splices }) => splices.length > 0).map(({ path }) => path);
  const seen = new Set(pending);
  for (const path of pending) {
    const by = referrers.get(path);
    if (by === undefined) continue;
    renamed.add(path);
    for (const referrer of by) {
      if (!seen.has(referrer)) pending.push(referrer);
      seen.add(referrer);
    }
  }
  return renamed;
}

function reachable(start: string, edges: ReadonlyMap<string, readonly string[]>): string[] {
  const seen = new Set([start]);
  for (const path of seen) for (const next of edges.get(path) ?? []) seen.add(next);
  return [...seen].toSorted();
}

export interface NamePlan {
  /** Original path → new path, of the renamed files. */
  readonly renames: ReadonlyMap<string, string>;
  readonly references: ReadonlyMap<string, readonly Reference[]>;
}

/**
 * Decides the new names.
 * @param own digest of each draft's text with its splices, names left as they were
 * @param integrity paths whose integrity value a draft holds: their content is part of its own
 */
export function planNames(
  files: Iterable<BundleFile>,
  drafts: readonly Draft[],
  own: ReadonlyMap<string, string>,
  integrity: ReadonlyMap<string, readonly string[]>,
): NamePlan {
  const named = candidates(files, drafts);
  const all = new Map(drafts.map((draft) => [draft.path, referencesIn(draft, named)]));
  const renamed = renamedFiles(drafts, all);
  const references = new Map(
    [...all].map(([path, list]) => [path, list.filter(({ target }) => renamed.has(target))]),
  );
  const edges = new Map(
    drafts.map(({ path }) => [
      path,
      [...(references.get(path) ?? []).map(({ target }) => target), ...(integrity.get(path) ?? [])],
    ]),
  );
  const renames = new Map<string, string>();
  for (const path of renamed) {
    const parts = [path, ...reachable(path, edges)].map((part) => own.get(part) ?? part);
    renames.set(path, renameTo(path, sha256Hex(parts.join("\n"))));
  }
  return { renames, references };
}

function renameTo(path: string, hex: string): string {
  const name = hashedName(path);
  if (name === null) return path;
  return posix.join(posix.dirname(path), `${name.prefix}${hashLike(name.hash, hex)}${name.suffix}`);
}

/** The splice that puts a file's new name where the old one stood. */
export function referenceSplice(reference: Reference, to: string): Splice {
  const text = reference.form === "name" ? posix.basename(to) : (hashedName(to)?.hash ?? "");
  return { start: reference.start, end: reference.end, text };
}
