/** The built files of the package that an import copies: the proxy module and the sidecar. No network is needed for them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { GovernError } from "../../errors/govern-error.ts";
import { packageRoot } from "./package-root.ts";

/** `sql` has what stands for the clients of every driver. */
export const proxyNames = [
  "plain",
  "libsql",
  "mysql2",
  "neon",
  "pg",
  "planetscale",
  "postgres",
  "sql",
] as const;
export type ProxyName = (typeof proxyNames)[number];

/** What import copies into its output. */
export interface Assets {
  /** Version of govern. */
  readonly version: string;
  /** Texts of the built proxy module: plain, with what stands for the client of one SQL driver, or with all. */
  readonly proxies: Readonly<Record<ProxyName, string>>;
  /** Files of the sidecar's folder, by name. */
  readonly sidecar: ReadonlyMap<string, Uint8Array>;
}

/** Names of the sidecar's files, in the order in which they are listed. */
export const sidecarFileNames = [
  "sidecar.mjs",
  "store-writer.mjs",
  "inbox.js",
  "console.js",
  "console.css",
  "package.json",
  "package-lock.json",
  "Dockerfile",
  "Dockerfile.dockerignore",
  "compose.yaml",
  ".env.example",
  "README.md",
] as const;

/** Where the built files are. */
export function assetPaths(): { proxies: Readonly<Record<ProxyName, string>>; sidecar: string } {
  const root = packageRoot();
  const proxy = (name: ProxyName): string =>
    join(root, `dist/browser/proxy${name === "plain" ? "" : `-${name}`}.js`);
  const proxies = proxyNames.map((name) => [name, proxy(name)] as const);
  return {
    proxies: Object.fromEntries(proxies) as Record<ProxyName, string>,
    sidecar: join(root, "dist/emit"),
  };
}

async function readAsset(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw new GovernError("internal", `The package lacks ${path}.`, {
      next: "Reinstall govern, or run npm run build in its source.",
      cause,
    });
  });
}

async function readText(path: string): Promise<string> {
  return Buffer.from(await readAsset(path)).toString("utf8");
}

/** Reads the built files. @throws GovernError `internal` when the package is not built. */
export async function readAssets(): Promise<Assets> {
  const paths = assetPaths();
  const manifest = JSON.parse(await readFile(join(packageRoot(), "package.json"), "utf8")) as {
    version: string;
  };
  const sidecar = new Map<string, Uint8Array>();
  for (const name of sidecarFileNames)
    sidecar.set(name, await readAsset(join(paths.sidecar, name)));
  const texts = proxyNames.map(
    async (name) => [name, await readText(paths.proxies[name])] as const,
  );
  const proxies = Object.fromEntries(await Promise.all(texts)) as Assets["proxies"];
  return { version: manifest.version, proxies, sidecar };
}
