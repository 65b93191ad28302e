/** Where PostgreSQL's server programs are: Debian keeps them out of the path, by version. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = "/usr/lib/postgresql";

/** The folder of the newest version's programs; undefined where there is none. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, "bin"))
    .find((folder) => existsSync(join(folder, "initdb")));
}
