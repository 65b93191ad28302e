/** An app full of credentials: governed it works as it did, and none of them is in what is served or written. */
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../browser/chromium.ts";
import { writeTree } from "../bundle/emit/app-of.ts";
import { govern } from "../e2e/governed-console.ts";
import { signIn } from "./compare.ts";
import { serveWorkspace } from "./governed-apps.ts";
import { startUpstream, type Asked, type Upstream } from "./upstream.ts";
import { watchPage, type Troubles } from "./watched-page.ts";

const random = ["q7Rk2Vw9Xz4", "Tb8Ny5Lm3Pd6", "Hs1Gf0JcKq8"].join("");
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Put together here, so that they stand nowhere as they are. */
const planted = {
  bearer: ["sk_live", `51H${random}`].join("_"),
  header: ["acme", random.slice(0, 20)].join("-"),
  query: ["mk", random.slice(4, 24)].join("_"),
  password: ["robot:h0peful", "Robin"].join("-"),
  basic: ["clerk:n0sy", "Magpie", "77"].join("-"),
  unused: ["ghp", `${random}0A`].join("_"),
  page: ["AIza", "SyD4kR7vQ2mX9pL5wZ8tB3nC6hJ1fG0sYaE"].join(""),
  json: `postgres://${["robot:Zk3vQ8", "tLw2mN"].join("")}@db.acme.example/ledger`,
};

const app = {
  "index.html": `<!doctype html><html><head><link rel="icon" href="data:,"><meta name="maps" content="${planted.page}"></head><body><script type="module" src="/assets/main-Ab3dE9fg.js"></script></body></html>`,
  "config.json": JSON.stringify({ title: "Planted", database: planted.json }),
  "assets/main-Ab3dE9fg.js": `const key="${planted.bearer}",unused="${planted.unused}";
const say=t=>document.body.append(t," ");
const text=a=>a.text();
const all=[
 fetch("https://pay.acme.example/v1/charges?limit=3",{headers:{authorization:"Bearer "+key}}).then(text),
 fetch(\`https://ship.acme.example/parcels/\${7}\`,{headers:{"x-api-key":"${planted.header}"}}).then(text),
 fetch("https://maps.acme.example/tiles?api_key=${planted.query}&z=3").then(text),
 fetch("https://${planted.password}@files.acme.example/list").then(text),
 fetch("https://crm.acme.example/people",{headers:{Authorization:"Basic "+btoa("${planted.basic}")}}).then(text),
 fetch("/config.json").then(a=>a.json()).then(c=>c.title),
];
for(const one of all)say(await one);
say(unused.length>3?"done":"");
`,
};

let folder: string;
let browser: Browser;
let upstream: Upstream;
let troubles: Troubles;
let shown: string;
let served: string[];
const asked: Asked[] = [];

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "govern-planted-")));
  writeTree(join(folder, "dist"), app);
  upstream = await startUpstream((call) => {
    asked.push(call);
    return { body: `${call.method} ${call.url.split("?")[0] ?? ""}` };
  });
  const hosts = ["pay", "ship", "maps", "files", "crm"];
  const upstreams = hosts.flatMap((host) => [
    "--upstream",
    `https://${host}.acme.example=http://127.0.0.1:${String(upstream.port)}/${host}`,
  ]);
  const imported = await govern(
    folder,
    "import",
    "dist",
    "--app",
    "planted",
    "--yes",
    ...upstreams,
  );
  if (imported.status !== 0) throw new Error(imported.stderr);
  const { child, urls } = await serveWorkspace(folder);
  browser = await launchChromium();
  const home = `${urls.get("planted") ?? ""}/`;
  const context = await browser.newContext();
  await signIn(context, home);
  const watched = await watchPage(context, new URL(home).origin);
  ({ troubles } = watched);
  served = [];
  watched.page.on("response", (response) => {
    void response.text().then((text) => served.push(text));
  });
  await watched.page.goto(home);
  await watched.page
    .locator("text=done")
    .waitFor({ timeout: 10_000 })
    .catch(() => undefined);
  shown = await watched.page.locator("body").innerText();
  const closed = once(child, "close");
  child.kill("SIGTERM");
  await closed;
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await upstream?.close();
  rmSync(folder, { recursive: true, force: true });
});

it("works as before", () => {
  expect(shown.split(/(?<=\S) (?=GET|Planted|done)/)).toEqual([
    "GET /pay/v1/charges",
    "GET /ship/parcels/7",
    "GET /maps/tiles",
    "GET /files/list",
    "GET /crm/people",
    "Planted",
    "done",
  ]);
  expect([troubles.errors, troubles.console, troubles.requests]).toEqual([[], [], []]);
});

it("has its upstreams given what the page held", () => {
  const sent = Object.fromEntries(
    asked.map(({ url, headers }) => {
      const given = [headers["authorization"], headers["x-api-key"], url.split("?")[1]];
      return [url.split("/")[1], given.filter((one) => one !== undefined)];
    }),
  );
  expect(sent).toEqual({
    pay: [`Bearer ${planted.bearer}`, "limit=3"],
    ship: [planted.header],
    maps: [expect.stringContaining(`api_key=${planted.query}`)],
    files: [`Basic ${base64(planted.password)}`],
    crm: [`Basic ${base64(planted.basic)}`],
  });
});

it.each(Object.entries(planted))("serves and writes nothing of the %s", (_name, value) => {
  const forms = [value, encodeURIComponent(value), base64(value)];
  const secrets = join(folder, ".govern/secrets.env");
  const texts = filesBelow(folder)
    .filter((path) => !path.startsWith(join(folder, "dist")) && path !== secrets)
    .map((path) => [path, readFileSync(path, "latin1")] as const);
  for (const [path, text] of [...texts, ...served.map((one) => ["served", one] as const)]) {
    for (const form of forms) expect(text.includes(form), path).toBe(false);
  }
  const kept = readFileSync(secrets, "utf8");
  expect(forms.some((form) => kept.includes(form))).toBe(true);
});
