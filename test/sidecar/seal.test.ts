/** serve serves what import wrote, byte for byte, and what a trusted key signed. */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSigner } from "../../src/bundle/emit/sign.ts";
import { buildFileSchema, type BuildFile } from "../../src/contract/build.ts";
import { loadWorkspace } from "../../src/sidecar/load-workspace.ts";
import { writeDesk, type DeskWorkspace } from "./desk-workspace.ts";

let desk: DeskWorkspace;
let app: string;

beforeEach(() => {
  desk = writeDesk(1);
  app = join(desk.folder, "governed/apps/desk");
});
afterEach(() => desk.remove());

const load = (): unknown => loadWorkspace(desk.folder, join(desk.folder, "governed"));
const build = (): BuildFile =>
  buildFileSchema.parse(JSON.parse(readFileSync(join(app, "build.json"), "utf8")));
const write = (file: BuildFile): void =>
  writeFileSync(join(app, "build.json"), JSON.stringify(file));
const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;

/** Names a key in govern.yaml. */
function trust(key: string): void {
  const file = join(desk.folder, "govern.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, `${text}server: { trustedKeys: ["${key}"] }\n`);
}

describe("the seal", () => {
  it("holds over what import wrote", () => {
    expect(load).not.toThrow();
  });

  it.each<[string, () => void, RegExp]>([
    [
      "a changed file",
      () => writeFileSync(join(app, "web/assets/app.js"), "evil()"),
      /app\.js was changed/,
    ],
    ["an added file", () => writeFileSync(join(app, "web/more.js"), ""), /more\.js was added/],
    ["a removed file", () => rmSync(join(app, "web/assets/app.js")), /app\.js was removed/],
    [
      "a contract that was edited",
      () =>
        writeFileSync(
          join(app, "operations.json"),
          JSON.stringify({ version: 1, app: "desk", operations: [] }),
        ),
      /operations\.json was changed/,
    ],
    ["a file beside it", () => writeFileSync(join(app, "notes.txt"), ""), /notes\.txt was added/],
    [
      "source maps that were added",
      () => {
        mkdirSync(join(app, "maps"));
        writeFileSync(join(app, "maps/app.js.map"), "{}");
      },
      /app\.js\.map was added/,
    ],
  ])("is broken by %s", (_what, change, message) => {
    change();
    expect(load).toThrow(refusal("seal-broken", message));
  });

  it("is broken by a link in the place of a file, whatever it leads to", () => {
    const file = join(app, "web/assets/app.js");
    const elsewhere = join(desk.folder, "app.js");
    renameSync(file, elsewhere);
    symlinkSync(elsewhere, file);
    expect(load).toThrow(refusal("seal-broken", /app\.js was changed/));
  });

  it("does without source maps, which are not deployed", () => {
    const file = build();
    write({ ...file, emitted: { ...file.emitted, "maps/app.js.map": "0".repeat(64) } });
    expect(load).not.toThrow();
  });
});

describe("the signature", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const trusted = publicKey.export({ type: "spki", format: "der" }).toString("base64");

  async function sign(key = privateKey): Promise<void> {
    const path = join(desk.folder, "key.pem");
    writeFileSync(path, key.export({ type: "pkcs8", format: "pem" }));
    write((await readSigner(path))(build()));
  }

  it("of a trusted key is taken", async () => {
    trust(trusted);
    await sign();
    expect(load).not.toThrow();
  });

  it("is not asked for where no key is trusted", async () => {
    await sign();
    expect(load).not.toThrow();
  });

  it("is asked for where one is", () => {
    trust(trusted);
    expect(load).toThrow(refusal("signature-invalid", /desk is not signed/));
  });

  it("of another key is refused", async () => {
    trust(trusted);
    await sign(generateKeyPairSync("ed25519").privateKey);
    expect(load).toThrow(refusal("signature-invalid", /a key that is not trusted/));
  });

  it("does not cover what was changed since, though the digests fit", async () => {
    trust(trusted);
    await sign();
    const file = build();
    write({
      ...file,
      origins: [{ id: "00000000", origin: "https://evil.example", class: "telemetry", why: "" }],
    });
    expect(load).toThrow(refusal("signature-invalid", /changed after it was signed/));
  });

  it("needs a key that is one", () => {
    trust("AAAA");
    expect(load).toThrow(refusal("workspace-invalid", /Ed25519 public key/));
  });

  it.each([
    ["no file", null],
    ["no PEM", "not a key"],
    [
      "a key of another kind",
      generateKeyPairSync("x25519").privateKey.export({ type: "pkcs8", format: "pem" }),
    ],
  ])("is not made with %s", async (_what, text) => {
    const path = join(desk.folder, "key.pem");
    if (text !== null) writeFileSync(path, text);
    await expect(readSigner(path)).rejects.toMatchObject({ code: "key-invalid" });
  });
});
