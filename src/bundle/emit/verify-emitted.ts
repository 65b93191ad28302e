/** Verifies the emitted files of one app against its build.json, and against what may never be in them. */
import { lstat, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type * as z from "zod";
import { buildFileSchema, type BuildFile, type Finding } from "../../contract/build.ts";
import {
  brokenSeals,
  digestsOf,
  sealFileSchema,
  type BrokenSeal,
  type Digests,
} from "../../contract/seal.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { scanText } from "../credentials/scan-text.ts";
import { credentialText } from "../operations/credentials.ts";
import { placeAt } from "../rewrite/text.ts";
import { remainingSinks } from "../rewrite/verify-rewritten.ts";

const importAgain = "Run govern import on the bundle again.";

function parseGenerated<S extends z.ZodType>(path: string, text: string, schema: S): z.infer<S> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new GovernError("file-invalid", `${path} is not what import writes.`, {
      next: importAgain,
      cause,
    });
  }
}

async function readBuild(appDir: string): Promise<BuildFile> {
  const path = join(appDir, "build.json");
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new GovernError("file-invalid", `There is no ${path}.`, { next: importAgain, cause });
  });
  return parseGenerated(path, text, buildFileSchema);
}

/** Every file under some names of a folder, by its path there. What is neither file nor folder has no bytes: it breaks the seal. */
async function readTree(
  folder: string,
  names: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const name of names) {
    const path = join(folder, name);
    const entry = await lstat(path).catch(() => null);
    if (entry === null) continue;
    if (entry.isDirectory()) {
      const inner = (await readdir(path)).toSorted().map((one) => `${name}/${one}`);
      for (const [file, bytes] of await readTree(folder, inner)) found.set(file, bytes);
    } else found.set(name, entry.isFile() ? await readFile(path) : new Uint8Array());
  }
  return found;
}

const faultTexts: Readonly<Record<BrokenSeal["fault"], string>> = {
  missing: "the file is missing",
  changed: "the file was changed after import",
  added: "the file was not written by import",
};

function sealFindings(sealed: Digests, files: ReadonlyMap<string, Uint8Array>): Finding[] {
  return brokenSeals(sealed, digestsOf(files)).map(({ path, fault }) => ({
    rule: "unsealed-output",
    severity: "error",
    file: path,
    line: 1,
    column: 0,
    message: faultTexts[fault],
    fix: importAgain,
  }));
}

/** The files of the governed directory that belong to no app; none is looked for where an app stands alone. */
async function sharedFindings(appDir: string): Promise<Finding[]> {
  const out = dirname(dirname(appDir));
  const text = await readFile(join(out, "seal.json"), "utf8").catch(() => null);
  if (text === null) return [];
  const { files } = parseGenerated(join(out, "seal.json"), text, sealFileSchema);
  const there = await readTree(out, Object.keys(files));
  return sealFindings(files, there).map((finding) => ({
    ...finding,
    file: `../../${finding.file}`,
  }));
}

async function credentialFindings(file: string, bytes: Uint8Array): Promise<Finding[]> {
  const text = Buffer.from(bytes).toString("utf8");
  const hits = await scanText(text);
  return hits
    .filter(({ isPublic }) => !isPublic)
    .map(({ start, kind, value }) => ({
      rule: "hardcoded-credential",
      severity: "error",
      file,
      ...placeAt(text, start),
      message: `${credentialText(kind, value)} stands in a file that pages load.`,
      fix: "Rotate it, and run govern import on the bundle again.",
    }));
}

/**
 * Verifies `governed/apps/<app>`: every file is as import wrote it, none is missing or added, no call in `web/` stands outside
 * the proxy, no credential is in any of its files. Paths of findings are relative to the app's folder.
 *
 * @throws GovernError `file-invalid` when there is no readable build.json.
 */
export async function verifyEmitted(appDir: string): Promise<Finding[]> {
  const build = await readBuild(appDir);
  const names = (await readdir(appDir)).toSorted().filter((name) => name !== "build.json");
  const files = await readTree(appDir, names);
  const web = new Map([...files].filter(([path]) => path.startsWith("web/")));
  const credentials: Finding[] = [];
  for (const [path, bytes] of web) credentials.push(...(await credentialFindings(path, bytes)));
  return [
    ...sealFindings(build.emitted, files),
    ...(await sharedFindings(appDir)),
    ...remainingSinks(web, () => undefined),
    ...credentials,
  ];
}
