/** Where govern's own package is: its sources, its built files and its program find what they ship with from there. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { GovernError } from "../../errors/govern-error.ts";

/** Folder of govern's own package.json. @throws GovernError `internal` where there is none around this file. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json")) || !existsSync(join(folder, "bin"))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new GovernError("internal", "the package's own folder is not found");
    folder = parent;
  }
  return folder;
}
