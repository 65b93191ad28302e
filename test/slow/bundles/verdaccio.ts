/** `@verdaccio/ui-theme`: a package registry's pages (webpack, lowered to ES5; its base is a setting of the page). */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Asked, Given } from "../../side-by-side/upstream.ts";
import type { RealApp } from "./real-app.ts";

const hash = "ed5161fbef340a2973e6";

const page = `<!DOCTYPE html>
<html lang="en-us">
<head><meta charset="utf-8"><base href="/"><title>Registry</title>
<script>window.__VERDACCIO_BASENAME_UI_OPTIONS={"base":"/","url_prefix":"/","title":"Acme packages","primaryColor":"#4b5e40","scope":"","login":true,"darkMode":false,"language":"en-US","version":"5.0.0","protocol":"http","host":"acme.example"}</script>
</head>
<body class="body"><div id="root"></div>
${["runtime", "vendors", "main"].map((name) => `<script defer="defer" src="-/static/${name}.${hash}.js"></script>`).join("\n")}
</body></html>
`;

const version = {
  name: "ledger",
  version: "1.4.0",
  description: "Double entry for small shops",
  author: { name: "sam", email: "sam@acme.example", avatar: "" },
  keywords: ["money"],
  license: "MIT",
  time: "2026-01-05T10:00:00.000Z",
  dist: { fileCount: 3, unpackedSize: 1024, tarball: "http://acme.example/ledger-1.4.0.tgz" },
  dependencies: { decimal: "^3.0.0" },
  engines: { node: ">=20" },
  repository: { type: "git", url: "https://git.acme.example/ledger" },
};

const answers: Readonly<Record<string, unknown>> = {
  "GET /-/verdaccio/data/packages": [version],
  "GET /-/verdaccio/data/package/readme/ledger": "<h1>Ledger</h1><p>Keeps your books.</p>",
  "GET /-/verdaccio/data/sidebar/ledger": {
    latest: version,
    "dist-tags": { latest: "1.4.0" },
    versions: { "1.4.0": version, "1.3.0": { ...version, version: "1.3.0" } },
    time: { "1.4.0": "2026-01-05T10:00:00.000Z", "1.3.0": "2025-12-05T10:00:00.000Z" },
    _uplinks: {},
    readme: "",
  },
  "GET /-/verdaccio/data/search/ledg": [{ package: version, ...version }],
  "POST /-/verdaccio/sec/login": { username: "sam", token: "eyJhbGciOiJub25lIn0.e30." },
};

function answer({ method, url }: Asked): Given | undefined {
  const body = answers[`${method} ${url.replace(/\?.*$/, "")}`];
  return body === undefined ? undefined : { body };
}

export const verdaccio: RealApp = {
  name: "verdaccio",
  package: ["@verdaccio/ui-theme", "3.4.1"],
  folderIn(unpacked) {
    const folder = join(unpacked, "rendered");
    mkdirSync(join(folder, "-"), { recursive: true });
    cpSync(join(unpacked, "static"), join(folder, "-/static"), { recursive: true });
    writeFileSync(join(folder, "index.html"), page);
    return folder;
  },
  keys: ["{base}"],
  answers: answer,
  // The browser asks for it by itself; the bundle has none.
  refused: /\/favicon\.ico$/,
  async script({ page: tab, home, look }) {
    const shown = (text: string) => tab.locator(`text=${text} >> visible=true`).first();
    await tab.goto(home);
    await shown("Double entry").waitFor();
    await look("packages");
    await shown("ledger").click();
    await shown("Keeps your books").waitFor();
    await look("readme");
    await shown("dependencies").click();
    await look("dependencies");
    await shown("versions").click();
    await look("versions");
    await tab.getByPlaceholder(/search/i).fill("ledg");
    await look("search");
    await shown("Login").click();
    await look("login");
    await tab.getByPlaceholder("Your username").fill("sam");
    await tab.getByPlaceholder("Your strong password").fill("correct horse");
    await tab.locator("form button[type=submit]").click();
    await look("signed-in");
  },
};
