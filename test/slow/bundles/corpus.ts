/** Production builds from npm, unpacked once into a folder of the system's temporary files. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const cache = process.env["GOVERN_CORPUS"] ?? join(tmpdir(), "govern-corpus");

/** The folder of a package; null where npm cannot give it. */
export function unpack(name: string, version: string): string | null {
  const folder = join(cache, `${name.replaceAll("/", "_")}-${version}`);
  const unpacked = join(folder, "package");
  if (existsSync(unpacked)) return unpacked;
  try {
    mkdirSync(folder, { recursive: true });
    const args = ["pack", "--silent", "--pack-destination", folder, `${name}@${version}`];
    const packed = execFileSync("npm", args, { encoding: "utf8" }).trim().split("\n").at(-1);
    const archive = join(folder, packed ?? "");
    execFileSync("tar", ["xzf", archive, "-C", folder]);
    rmSync(archive);
    return unpacked;
  } catch {
    rmSync(folder, { recursive: true, force: true });
    return null;
  }
}
