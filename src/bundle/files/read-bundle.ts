/**
 * Reads a built app into memory: every file of its folder, the scripts in it (also inline ones) and its digest. It decides
 * nothing about what the scripts do, executes nothing, and follows no link that leaves the folder.
 */
import type { Dirent } from "node:fs";
import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { canonicalJson, sha256Hex } from "../../contract/canonical-json.ts";
import { GovernError } from "../../errors/govern-error.ts";
import type { Bundle, BundleFile, FileKind, Script, Unread } from "./bundle.ts";
import { refuseGoverned } from "./governed-marker.ts";
import { htmlScripts, type HtmlScripts } from "./html-scripts.ts";
import { scriptType } from "./script-type.ts";
import { refuseServerLayout } from "./server-layout.ts";

const kinds: Readonly<Record<string, FileKind>> = {
  ".html": "html",
  ".htm": "html",
  ".js": "script",
  ".mjs": "script",
  ".cjs": "script",
  ".map": "map",
  ".css": "style",
};

const example = "Give the folder that the build wrote, e.g. govern inspect ./dist.";

/** The text of a file: UTF-8, a byte order mark kept, so that offsets are those of the file. */
export function fileText(file: BundleFile): string {
  return Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength).toString(
    "utf8",
  );
}

/** Whether the bytes of a file are what its text says: text that is not UTF-8 cannot be written back unchanged. */
export function isUtf8(file: Pick<BundleFile, "bytes">): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(file.bytes);
    return true;
  } catch {
    return false;
  }
}

/** What a folder holds, as far as it can be read. */
interface Listing {
  /** Absolute paths. */
  readonly paths: string[];
  readonly unread: Unread[];
}

function relativePath(root: string, absolute: string): string {
  return relative(root, absolute).split(sep).join("/");
}

/** Why a link is left out; undefined if it leads to a file of the bundle. */
async function linkFault(root: string, path: string): Promise<string | undefined> {
  const target = await realpath(path).catch(() => null);
  if (target === null) return "is a link that leads nowhere";
  if (target !== root && !target.startsWith(root + sep)) return "is a link that leaves the bundle";
  return (await stat(target)).isFile() ? undefined : "is a link to what is no file";
}

/** Why an entry that is no folder is left out; undefined if it is a file that can be read. */
async function entryFault(root: string, entry: Dirent, path: string): Promise<string | undefined> {
  if (entry.isSymbolicLink()) return linkFault(root, path);
  return entry.isFile() ? undefined : "is no file";
}

async function listFiles(root: string, folder: string, listing: Listing): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => null);
  if (entries === null) {
    listing.unread.push({ path: relativePath(root, folder), reason: "cannot be opened" });
  }
  for (const entry of entries ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== ".git") await listFiles(root, path, listing);
      continue;
    }
    const reason = await entryFault(root, entry, path);
    if (reason === undefined) listing.paths.push(path);
    else listing.unread.push({ path: relativePath(root, path), reason });
  }
}

/** Larger files are no part of an app; no text of theirs would fit into a string. */
const fileLimit = 512 * 1024 * 1024;

async function readWithin(path: string): Promise<Uint8Array | string> {
  try {
    if ((await stat(path)).size > fileLimit) return "is larger than 512 MiB";
    return await readFile(path);
  } catch {
    return "cannot be opened";
  }
}

async function readFiles(
  root: string,
  listing: Listing,
): Promise<{ contents: [string, Uint8Array][]; unread: Unread[] }> {
  const contents: [string, Uint8Array][] = [];
  const unread = [...listing.unread];
  for (const absolute of listing.paths) {
    const path = relativePath(root, absolute);
    const read = await readWithin(absolute);
    if (typeof read === "string") unread.push({ path, reason: read });
    else contents.push([path, read]);
  }
  return { contents, unread };
}

function scriptsOf(files: ReadonlyMap<string, BundleFile>): Script[] {
  const pages = new Map<string, HtmlScripts>();
  for (const file of files.values()) {
    if (file.kind === "html" && isUtf8(file))
      pages.set(file.path, htmlScripts(file.path, fileText(file)));
  }
  const referenced = new Map([...pages.values()].flatMap((page) => [...page.referenced]));
  const scripts: Script[] = [];
  for (const file of files.values()) {
    if (file.kind === "html")
      for (const one of pages.get(file.path)?.inline ?? []) scripts.push(one);
    if (file.kind !== "script" || !isUtf8(file)) continue;
    const code = fileText(file);
    const type = scriptType(code, { path: file.path, referenced: referenced.get(file.path) });
    scripts.push({ file: file.path, offset: 0, code, type });
  }
  return scripts;
}

function digestOf(files: ReadonlyMap<string, BundleFile>): string {
  return sha256Hex(
    canonicalJson([...files.values()].map((file) => [file.path, sha256Hex(file.bytes)])),
  );
}

/** The bundle of some files, by path; nothing of it is refused. */
export function bundleFrom(
  root: string,
  contents: Iterable<readonly [string, Uint8Array]>,
): Bundle {
  const listed = [...contents].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const files = new Map(
    listed.map(([path, bytes]): [string, BundleFile] => {
      return [path, { path, kind: kinds[extname(path).toLowerCase()] ?? "asset", bytes }];
    }),
  );
  const bytes = listed.reduce((sum, [, { byteLength }]) => sum + byteLength, 0);
  return { root, files, scripts: scriptsOf(files), digest: digestOf(files), bytes };
}

async function listingOf(path: string): Promise<Listing & { root: string }> {
  const info = await stat(path).catch(() => null);
  if (info === null) {
    throw new GovernError("bundle-missing", `There is no file or folder ${path}.`, {
      next: example,
    });
  }
  if (info.isDirectory()) {
    const root = await realpath(path);
    const listing: Listing = { paths: [], unread: [] };
    await listFiles(root, root, listing);
    return { root, ...listing };
  }
  const file = await realpath(path);
  if (kinds[extname(file).toLowerCase()] !== "script") {
    const message = `${basename(path)} is neither a folder nor a script.`;
    throw new GovernError("bundle-empty", message, { next: example });
  }
  const map = `${file}.map`;
  const hasMap = await lstat(map).then(
    (entry) => entry.isFile(),
    () => false,
  );
  return { root: dirname(file), paths: hasMap ? [file, map] : [file], unread: [] };
}

function emptyBundle(path: string, [fault]: readonly Unread[]): GovernError {
  const why = fault === undefined ? "" : ` that can be read: ${fault.path} ${fault.reason}`;
  return new GovernError("bundle-empty", `${path} holds no script${why}.`, { next: example });
}

/**
 * Reads the bundle at a path: a folder, with or without html, or one script. It has at least one script when this
 * returns, and is not governed yet; whether its scripts parse is not known. What cannot be read is told in `unread`.
 *
 * @throws GovernError `bundle-missing`, `bundle-empty`, `bundle-governed`, `bundle-server`.
 */
export async function readBundle(path: string): Promise<Bundle> {
  const { root, ...listing } = await listingOf(resolve(path));
  refuseServerLayout(
    root,
    listing.paths.map((one) => relativePath(root, one)),
  );
  const { contents, unread } = await readFiles(root, listing);
  const bundle = bundleFrom(root, contents);
  const { files, scripts } = bundle;
  if (![...files.values()].some((file) => file.kind === "script") && scripts.length === 0) {
    throw emptyBundle(path, unread);
  }
  await refuseGoverned(root, scripts);
  return unread.length === 0 ? bundle : { ...bundle, unread };
}
