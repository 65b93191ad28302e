/** Verifies the emitted files of one app against its build.json, and against what may never be in them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildFileSchema, type BuildFile, type Finding } from "../../contract/build.ts";
import { sha256Hex } from "../../contract/canonical-json.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { scanText } from "../credentials/scan-text.ts";
import { credentialText } from "../operations/credentials.ts";
import { placeAt } from "../rewrite/text.ts";
import { remainingSinks } from "../rewrite/verify-rewritten.ts";

const importAgain = "Run govern import on the bundle again.";

async function readBuild(appDir: string): Promise<BuildFile> {
  const path = join(appDir, "build.json");
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new GovernError("file-invalid", `There is no ${path}.`, { next: importAgain, cause });
  });
  try {
    return buildFileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new GovernError("file-invalid", `${path} is not a build file.`, {
      next: importAgain,
      cause,
    });
  }
}

async function readTree(folder: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const read = files.map(
    async (path) => [path.slice(folder.length + 1), await readFile(path)] as const,
  );
  return new Map(await Promise.all(read));
}

function unsealed(file: string, message: string): Finding {
  return {
    rule: "unsealed-output",
    severity: "error",
    file,
    line: 1,
    column: 0,
    message,
    fix: importAgain,
  };
}

function sealFindings(build: BuildFile, files: ReadonlyMap<string, Uint8Array>): Finding[] {
  const listed = Object.entries(build.emitted).flatMap(([path, digest]) => {
    const bytes = files.get(path);
    if (bytes === undefined) return [unsealed(path, "the file is missing")];
    return sha256Hex(bytes) === digest ? [] : [unsealed(path, "the file was changed after import")];
  });
  const extra = [...files.keys()]
    .filter((path) => !Object.hasOwn(build.emitted, path))
    .map((path) => unsealed(path, "the file was not written by import"));
  return [...listed, ...extra];
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
 * Verifies `governed/apps/<app>`: every file of `web/` is as import wrote it, none is missing or added, no call stands
 * outside the proxy, no credential is in any file. Paths of findings are relative to `web/`.
 *
 * @throws GovernError `file-invalid` when there is no readable build.json.
 */
export async function verifyEmitted(appDir: string): Promise<Finding[]> {
  const build = await readBuild(appDir);
  const files = await readTree(join(appDir, "web"));
  const credentials: Finding[] = [];
  for (const [path, bytes] of files) credentials.push(...(await credentialFindings(path, bytes)));
  return [...sealFindings(build, files), ...remainingSinks(files, () => undefined), ...credentials];
}
