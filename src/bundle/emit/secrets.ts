/** `.govern/`: the workspace's private folder, and the stripped credentials in its secrets.env. */
import { chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { bytesOf } from "../rewrite/text.ts";
import type { Change } from "./file-changes.ts";

/** One line of secrets.env. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

const heading = `# Credentials that govern import took out of bundles. Read by govern serve, never served, never committed.
# Anyone who ever loaded an app's old build knows them: rotate each, and put the new value here.
`;

/** `API_ACME_EXAMPLE_AUTHORIZATION` of `api-acme-example` and `authorization`. */
export function secretName(resource: string, what: string): string {
  return `${resource}_${what}`
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, "_")
    .replace(/^(?=\d)/, "_");
}

/** Quoted as an env file needs it; it knows no escapes, so that the quote is one the value does not have. */
function quoted(value: string): string {
  if (/^[^\s"'`#]+$/.test(value)) return value;
  const quote = ["'", '"', "`"].find((mark) => !value.includes(mark)) ?? "'";
  return `${quote}${value}${quote}`;
}

/** An env file's text with the missing secrets added; what is there stays, its values too. */
export function mergeSecrets(text: string, secrets: readonly Secret[]): string {
  const known = parseEnv(text);
  const missing = secrets.filter(({ name }) => known[name] === undefined);
  if (missing.length === 0) return text;
  const start = text === "" ? heading : text.replace(/\n?$/, "\n");
  return `${start}${missing.map(({ name, value }) => `${name}=${quoted(value)}\n`).join("")}`;
}

/** Makes `.govern/` and its secrets readable by their owner alone, whoever made them. */
export async function tightenPrivate(workspaceDir: string): Promise<void> {
  const folder = join(workspaceDir, ".govern");
  const modes = [
    [folder, 0o700],
    [secretsPath(workspaceDir), 0o600],
  ] as const;
  for (const [path, mode] of modes) {
    const info = await stat(path).catch(() => null);
    if (info !== null && (info.mode & 0o077) !== 0) await chmod(path, mode);
  }
}

export function secretsPath(workspaceDir: string): string {
  return join(workspaceDir, ".govern", "secrets.env");
}

/** The changes of `.govern/`; `known` is what secrets.env holds, null where there is none. */
export function privateChanges(
  workspaceDir: string,
  secrets: readonly Secret[],
  known: Uint8Array | null,
): Change[] {
  const path = secretsPath(workspaceDir);
  const after = mergeSecrets(Buffer.from(known ?? []).toString("utf8"), secrets);
  const common = { kind: "file", mode: 0o600, folderMode: 0o700, beside: workspaceDir } as const;
  const ignorePath = join(workspaceDir, ".govern", ".gitignore");
  const ignore: Change = { ...common, path: ignorePath, bytes: bytesOf("*\n") };
  if (after === "") return [ignore];
  return [ignore, { ...common, path, bytes: bytesOf(after), from: known }];
}
