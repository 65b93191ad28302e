/**
 * Reads a built app into memory: every file of its folder, the scripts in it (also inline ones) and its digest. It decides
 * nothing about what the scripts do, executes nothing, and follows no link that leaves the folder.
 */
import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { canonicalJson, sha256Hex } from "../../contract/canonical-json.ts";
import { GovernError } from "../../errors/govern-error.ts";
import type { Bundle, BundleFile, FileKind, Script } from "./bundle.ts";
import { refuseGoverned } from "./governed-marker.ts";
import { htmlScripts, type HtmlScripts } from "./html-scripts.ts";
import { scriptType } from "./script-type.ts";

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
export function isUtf8(file: BundleFile): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(file.bytes);
    return true;
  } catch {
    return false;
  }
}

async function linkedFile(root: string, path: string): Promise<boolean> {
  const target = await realpath(path).catch(() => null);
  if (target === null || !target.startsWith(root + sep)) return false;
  return (await stat(target)).isFile();
}

async function listFiles(root: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name === ".git") continue;
      for (const inner of await listFiles(root, path)) paths.push(inner);
    } else if (entry.isFile() || (entry.isSymbolicLink() && (await linkedFile(root, path)))) {
      paths.push(path);
    }
  }
  return paths;
}

async function readFiles(root: string, paths: readonly string[]): Promise<[string, Uint8Array][]> {
  const files: [string, Uint8Array][] = [];
  for (const absolute of paths) {
    files.push([relative(root, absolute).split(sep).join("/"), await readFile(absolute)]);
  }
  return files;
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

async function pathsOf(path: string): Promise<{ root: string; paths: string[] }> {
  const info = await stat(path).catch(() => null);
  if (info === null) {
    throw new GovernError("bundle-missing", `There is no file or folder ${path}.`, {
      next: example,
    });
  }
  if (info.isDirectory()) {
    const root = await realpath(path);
    return { root, paths: await listFiles(root, root) };
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
  return { root: dirname(file), paths: hasMap ? [file, map] : [file] };
}

/**
 * Reads the bundle at a path: a folder, with or without html, or one script. It has at least one script when this
 * returns, and is not governed yet; whether its scripts parse is not known.
 *
 * @throws GovernError `bundle-missing`, `bundle-empty`, `bundle-governed`.
 */
export async function readBundle(path: string): Promise<Bundle> {
  const { root, paths } = await pathsOf(resolve(path));
  const bundle = bundleFrom(root, await readFiles(root, paths));
  const { files, scripts } = bundle;
  if (![...files.values()].some((file) => file.kind === "script") && scripts.length === 0) {
    throw new GovernError("bundle-empty", `${path} holds no script.`, { next: example });
  }
  await refuseGoverned(root, scripts);
  return bundle;
}
