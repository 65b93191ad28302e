/** What the references of govern.yaml stand for, and what of it must never be recorded. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSecrets, type Secrets } from "../../src/sidecar/secrets.ts";

let folder: string;
let known: Set<string>;
const open = (env: Readonly<Record<string, string>> = {}): Secrets =>
  openSecrets({ workspaceDir: folder, secretsFile: join(folder, "secrets.env"), env, known });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "govern-secrets-"));
  known = new Set();
});
afterEach(() => rmSync(folder, { recursive: true }));

it("takes the environment before the secrets file, and files relative to govern.yaml", () => {
  writeFileSync(join(folder, "secrets.env"), "KEY=stored\nOTHER=kept\n");
  writeFileSync(join(folder, "token"), "filed\n");
  const text = "${env:KEY} ${env:OTHER} ${file:token}";
  expect(open({ KEY: "set" }).resolve(text, "here")).toBe("set kept filed");
});

it.each(["${env:NONE}", "${file:none}"])("names the place of %s without a value", (text) => {
  expect(() => open().resolve(text, "resources.desk.url")).toThrow(
    expect.objectContaining({
      code: "secret-missing",
      message: `resources.desk.url needs ${text}, which has no value.`,
    }),
  );
});

it("knows what was resolved, what is stored, and the password of an address", () => {
  writeFileSync(join(folder, "secrets.env"), "STORED=never-used\n");
  const url = "postgres://app:hunter%2F2-long@db.example/ledger";
  open({ LEDGER: url, UNUSED: "elsewhere" }).resolve("${env:LEDGER}", "here");
  expect([...known]).toEqual(["never-used", url, "hunter%2F2-long", "hunter/2-long"]);
});
