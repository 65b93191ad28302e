/** Refuses an app that is not what import wrote, or that nobody trusted signed. Reads files; changes nothing. */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildFile } from "../contract/build.ts";
import { sha256Hex } from "../contract/canonical-json.ts";
import { brokenSeals, isSignedBy } from "../contract/seal.ts";
import { GovernError } from "../errors/govern-error.ts";

/** Digests of all files under a name; what is neither file nor folder has none that fits. */
function digestsUnder(folder: string, name: string): [string, string][] {
  const path = join(folder, name);
  const entry = lstatSync(path);
  if (entry.isDirectory()) {
    return readdirSync(path).flatMap((inner) => digestsUnder(folder, `${name}/${inner}`));
  }
  return [[name, entry.isFile() ? sha256Hex(readFileSync(path)) : "no file"]];
}

/** Source maps are not deployed; where they are, they are sealed like the rest. */
function isDeployed(folder: string): (path: string) => boolean {
  const hasMaps = existsSync(join(folder, "maps"));
  return (path) => hasMaps || !path.startsWith("maps/");
}

/**
 * Checks the folder of an app against its build file. When it returns, every file that is served or that decides is, byte
 * for byte, what import wrote, and no other is there. @throws GovernError `seal-broken`.
 */
export function checkSeal(folder: string, app: string, build: BuildFile): void {
  const names = readdirSync(folder).filter((name) => name !== "build.json");
  const there = Object.fromEntries(names.flatMap((name) => digestsUnder(folder, name)));
  const sealed = Object.fromEntries(
    Object.entries(build.emitted).filter(([path]) => isDeployed(folder)(path)),
  );
  const [first, ...others] = brokenSeals(sealed, there);
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  throw new GovernError(
    "seal-broken",
    `${join(folder, first.path)} was ${first.fault === "missing" ? "removed" : first.fault} after the import${more}.`,
    {
      next: `Run govern import again: govern import <bundle> --app ${app}.`,
      details: { files: [first, ...others] },
    },
  );
}

/** Checks who signed a build file, where the workspace says who may. @throws GovernError `signature-invalid`. */
export function checkSignature(
  app: string,
  build: BuildFile,
  trusted: readonly string[] | undefined,
): void {
  if (trusted === undefined || isSignedBy(build, trusted)) return;
  const why =
    build.signature === undefined
      ? "is not signed"
      : trusted.includes(build.signature.key)
        ? "was changed after it was signed"
        : "is signed by a key that is not trusted";
  throw new GovernError("signature-invalid", `The build.json of ${app} ${why}.`, {
    next: "Import with --sign and the private key of one of server.trustedKeys.",
  });
}
