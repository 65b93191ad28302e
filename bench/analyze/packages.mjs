// The bundles: which they are, and where they are unpacked.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const packages = [
  { name: "@dxheroes/local-mcp-frontend", version: "0.16.0", folder: "dist" },
  { name: "@modelcontextprotocol/inspector-client", version: "1.0.3", folder: "dist" },
  { name: "codepiper", version: "0.2.1", folder: "packages/web/dist" },
];

const cache = process.env.GOVERN_BENCH_CACHE ?? join(tmpdir(), "govern-bench");

/** The folder of a package's bundle; fetched when it is not there. */
export function bundleOf({ name, version, folder }) {
  const target = join(cache, `${name.replaceAll("/", "_")}-${version}`);
  if (!existsSync(target)) {
    const fresh = `${target}.${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    const packed = execFileSync(
      "npm",
      ["pack", "--silent", "--ignore-scripts", "--pack-destination", fresh, `${name}@${version}`],
      { encoding: "utf8" },
    );
    const archive = join(fresh, packed.trim().split("\n").at(-1));
    execFileSync("tar", ["xzf", archive, "-C", fresh]);
    rmSync(archive);
    renameSync(fresh, target);
  }
  return join(target, "package", folder);
}
