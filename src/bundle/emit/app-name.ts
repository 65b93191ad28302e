/** The name under which an app is governed. */
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GovernError } from "../../errors/govern-error.ts";

const valid = /^[a-z0-9][a-z0-9-]*$/;

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

async function packageName(folder: string): Promise<string | null> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => null);
  if (text === null) return dirname(folder) === folder ? null : packageName(dirname(folder));
  try {
    const { name } = JSON.parse(text) as { name?: unknown };
    return typeof name === "string" ? slug(name.replace(/^@[^/]*\//, "")) : null;
  } catch {
    return null;
  }
}

/**
 * The given name, else that of the nearest package.json without its scope, else that of the bundle's folder.
 * @throws GovernError `usage` when a given name is not made of lower-case letters, digits and dashes.
 */
export async function appNameOf(bundleRoot: string, given?: string): Promise<string> {
  if (given !== undefined) {
    if (valid.test(given)) return given;
    throw new GovernError("usage", `--app ${given} is not a valid name.`, {
      next: "Use lower-case letters, digits and dashes, e.g. --app support-console.",
    });
  }
  return (await packageName(bundleRoot)) || slug(basename(bundleRoot)) || "app";
}
