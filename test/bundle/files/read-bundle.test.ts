import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readBundle } from "../../../src/bundle/files/read-bundle.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "read-bundle-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

describe("readBundle", () => {
  it("reads the support console with its kinds and types", async () => {
    const bundle = await readBundle("fixtures/support-console/dist");
    expect(bundle.files.get("index.html")?.kind).toBe("html");
    expect(bundle.scripts.map((script) => script.type)).toEqual(["module", "module"]);
    expect(bundle.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("places inline scripts in the text of their page and skips data", async () => {
    const html = `<!doctype html><p>é</p><script type="application/json">{}</script><script>fetch("/a")</script><script type=module>import "./a.js"</script>`;
    await write({ "index.html": html, "a.js": "x()" });
    const { scripts } = await readBundle(folder);
    const inline = scripts.filter((script) => script.file === "index.html");
    expect(inline.map((script) => [script.code, script.type])).toEqual([
      [`fetch("/a")`, "classic"],
      [`import "./a.js"`, "module"],
    ]);
    for (const script of inline) {
      expect(html.slice(script.offset).startsWith(script.code)).toBe(true);
    }
  });

  it("takes the type from the page, else from the syntax", async () => {
    await write({
      "index.html": `<script src="/classic.js"></script><script type="module" src="./module.js"></script>`,
      "classic.js": "a()",
      "module.js": "a()",
      "chunk.js": `import{a}from"./module.js";a()`,
      "worker.js": "importScripts('x')",
      "other.js": "a()",
    });
    const { scripts } = await readBundle(folder);
    expect(Object.fromEntries(scripts.map((script) => [script.file, script.type]))).toEqual({
      "classic.js": "classic",
      "module.js": "module",
      "chunk.js": "module",
      "worker.js": "classic",
      "other.js": "unknown",
    });
  });

  it("reads one script with the map beside it", async () => {
    await write({ "a.js": "a()", "a.js.map": "{}", "b.js": "b()" });
    const bundle = await readBundle(join(folder, "a.js"));
    expect([...bundle.files.keys()]).toEqual(["a.js", "a.js.map"]);
  });

  it("gives the same digest for the same content and another for a changed byte", async () => {
    await write({ "a.js": "a()" });
    const before = (await readBundle(folder)).digest;
    expect((await readBundle(folder)).digest).toBe(before);
    await write({ "a.js": "b()" });
    expect((await readBundle(folder)).digest).not.toBe(before);
  });

  it("does not follow a link out of the folder", async () => {
    await write({ "app/a.js": "a()", "secret.js": "s()" });
    await symlink(join(folder, "secret.js"), join(folder, "app/out.js"));
    await symlink(join(folder, "app/a.js"), join(folder, "app/in.js"));
    const bundle = await readBundle(join(folder, "app"));
    expect([...bundle.files.keys()]).toEqual(["a.js", "in.js"]);
  });

  it("leaves out a script that is not UTF-8 but keeps the file", async () => {
    await write({ "a.js": "a()" });
    await writeFile(join(folder, "b.js"), Buffer.from([0x61, 0xff, 0xfe]));
    const bundle = await readBundle(folder);
    expect(bundle.scripts.map((script) => script.file)).toEqual(["a.js"]);
    expect(bundle.files.has("b.js")).toBe(true);
  });

  it.each([
    ["bundle-missing", async () => join(folder, "nothing")],
    ["bundle-empty", async () => folder],
    [
      "bundle-empty",
      async () => {
        await write({ "notes.txt": "x" });
        return join(folder, "notes.txt");
      },
    ],
    [
      "bundle-governed",
      async () => {
        await write({ "a.js": "/*! govern proxy */a()" });
        return folder;
      },
    ],
    [
      "bundle-governed",
      async () => {
        await write({ "build.json": "{}", "operations.json": "{}", "web/a.js": "a()" });
        return join(folder, "web");
      },
    ],
  ])("refuses with %s and the next step", async (code, make) => {
    await expect(readBundle(await make())).rejects.toMatchObject({
      code,
      next: expect.any(String),
    });
  });
});
