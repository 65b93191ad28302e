/**
 * The tokens of `govern login`, one set for each server, in the person's own configuration folder: readable by nobody
 * else. Must not be printed, nor sent anywhere but to the server and the provider that they are of.
 */
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import * as z from "zod";
import { GovernError } from "../../errors/govern-error.ts";

const entrySchema = z.strictObject({
  issuer: z.string(),
  clientId: z.string(),
  audience: z.string(),
  accessToken: z.string(),
  refreshToken: z.string().nullable(),
  /** Milliseconds since the epoch; null where the provider did not say. */
  expiresAt: z.number().nullable(),
});
const fileSchema = z.strictObject({
  version: z.literal(1),
  servers: z.record(z.string(), entrySchema),
});

export type StoredTokens = z.infer<typeof entrySchema>;
type Servers = Readonly<Record<string, StoredTokens>>;

/** `$XDG_CONFIG_HOME/govern/tokens.json`, else below `~/.config`. */
function tokenFile(): string {
  const home = process.env["XDG_CONFIG_HOME"];
  const base = home === undefined || home === "" ? join(homedir(), ".config") : home;
  return join(base, "govern", "tokens.json");
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** All sets of tokens. A file that others may read, or that holds something else, is a GovernError `file-invalid`. */
export function readTokens(): Servers {
  const file = tokenFile();
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new GovernError("file-invalid", `${file} can be read by others than you.`, {
        next: `Run \`chmod 600 ${file}\`; if somebody may have read it, run \`govern logout\` and sign in again.`,
      });
    }
    return fileSchema.parse(JSON.parse(readFileSync(file, "utf8"))).servers;
  } catch (error) {
    if (isMissing(error)) return {};
    if (error instanceof GovernError) throw error;
    throw new GovernError("file-invalid", `${file} holds no tokens of govern.`, {
      next: "Remove it and sign in again with `govern login`.",
    });
  }
}

function writeTokens(servers: Servers): void {
  const file = tokenFile();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `${JSON.stringify({ version: 1, servers }, null, 2)}\n`, {
    mode: 0o600,
    flag: "wx",
  });
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
}

/** Keeps the tokens of one server; null forgets them. */
export function keepTokens(server: string, tokens: StoredTokens | null): void {
  const { [server]: _old, ...others } = readTokens();
  writeTokens(tokens === null ? others : { ...others, [server]: tokens });
}
