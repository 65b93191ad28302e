/** Where the files of an app are served from: its root, or the folder that its build is for. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createStaticFiles } from "../../src/sidecar/routes/app/static-files.ts";
import type { AppSnapshot } from "../../src/sidecar/snapshot.ts";

let web: string;
let server: Server;
let origin: string;

beforeEach(async () => {
  web = mkdtempSync(join(tmpdir(), "static-files-"));
  mkdirSync(join(web, "sub/docs"), { recursive: true });
  writeFileSync(join(web, "sub/index.html"), "<!doctype html>entry");
  writeFileSync(join(web, "sub/docs/index.html"), "<!doctype html>docs");
  const files = createStaticFiles({ web, page: undefined } as unknown as AppSnapshot, false);
  server = createServer((message, response) => {
    if (!files.serve(message, response)) files.serveEntry(message, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(web, { recursive: true });
});

const hashOf = (text: string): string =>
  `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** What may run in a page, by the policy that its app is served with. */
async function scriptPolicy(html: string): Promise<string> {
  writeFileSync(join(web, "sub/index.html"), html);
  const app = { web, page: undefined } as unknown as AppSnapshot;
  const files = createStaticFiles(app, false);
  const served = createServer((message, response) => files.serve(message, response));
  await new Promise<void>((resolve) => {
    served.listen(0, "127.0.0.1", resolve);
  });
  const { port } = served.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/sub/`);
  served.close();
  return /script-src [^;]*/.exec(answer.headers.get("content-security-policy") ?? "")?.[0] ?? "";
}

it("lets the handlers of its pages run, and these texts alone", async () => {
  expect(await scriptPolicy("<!doctype html>entry")).toBe("script-src 'self'");
  const policy = await scriptPolicy(
    `<!doctype html><b onclick="go(&quot;a&quot;)">a</b><a href=" javascript:go()">b</a>`,
  );
  expect(policy.split(" ").toSorted()).toEqual(
    [
      "'self'",
      "'unsafe-hashes'",
      hashOf('go("a")'),
      hashOf("javascript:go()"),
      "script-src",
    ].toSorted(),
  );
});

it.each(["/", "/elsewhere"])("sends %s to the folder of the app", async (path) => {
  const answer = await fetch(origin + path, { redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([302, "/sub/"]);
});

it.each(["/sub/", "/sub/orders/7"])("serves the entry page at %s", async (path) => {
  const answer = await fetch(origin + path);
  expect(await answer.text()).toContain("entry");
});
