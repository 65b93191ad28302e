/** What import writes holds none of the planted credentials, wherever they stood and in whatever form. */
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importBundle, type ImportResult } from "../../../src/bundle/import.ts";
import { inspectBundle } from "../../../src/bundle/inspect.ts";
import { assets, treeOf, writeTree } from "../emit/app-of.ts";
import { formsOf } from "../../../src/bundle/credentials/forms.ts";

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const basic = (text: string): string => Buffer.from(text).toString("base64");
const random = "q7Rk2Vw9Xz4Tb8Ny5Lm3Pd6Hs1Gf0Jc";

// In one word, the test's own tools would look for that map.
const mapComment = ["source", "MappingURL"].join("");

const planted = {
  header: `sk_live_51H${random}`,
  queryKey: "mk_77aa88bb99cc00dd",
  plainKey: "acme-4f9b2c7d81e34a06b5",
  serviceRole: `${part({ alg: "HS256" })}.${part({ iss: "supabase", ref: "ab", role: "service_role" })}.Qm9Xc2VrcmV0X3NpZ25hdHVyZQ`,
  split: "ghp_Kq8WdT5bN2mX9pL5wZ8tB3nC6hJ1fG0sYaEr",
  basic: "robot:h0peful-Robin",
  sentBasic: "clerk:n0sy-Magpie-77",
  inHtml: "AIzaSyD4kR7vQ2mX9pL5wZ8tB3nC6hJ1fG0sYaE",
  inJson: "postgres://robot:Zk3vQ8tLw2mN@db.acme.example/ledger",
  inCss: "glpat-Kq8WdT5bN2mX9pL5wZ8t",
  inComment: "xoxb-172839405162-172839405163-q7Rk2Vw9Xz4Tb8Ny5Lm3Pd6H",
  inWorker: `whsec_${random}`,
  inMapAlone: "npm_Kq8WdT5bN2mX9pL5wZ8tB3nC6hJ1fG0sYaEr",
  webhook: "T0K8WDT5B/B0N2MX9PL5/wZ8tB3nC6hJ1fG0sYaErQ4vM",
} as const;

const worker = Buffer.from(`self.onmessage = () => check("${planted.inWorker}"); // a worker`);
const [splitA, splitB] = [planted.split.slice(0, 10), planted.split.slice(10)];

const main = `/*! ${planted.inComment} */
const key="${planted.header}",h={authorization:"Bearer "+key};
fetch("https://pay.acme.example/charges",{method:"POST",headers:h});
fetch("https://maps.acme.example/tiles?api_key=${planted.queryKey}&z=3");
fetch("https://ship.acme.example/parcels",{headers:{"x-api-key":"${planted.plainKey}"}});
fetch("https://${planted.basic}@files.acme.example/list");
fetch("https://crm.acme.example/people",{headers:{Authorization:"Basic "+btoa("clerk:"+"${planted.sentBasic.slice(6)}")}});
fetch("https://hooks.slack.com/services/${planted.webhook}",{method:"POST",body:"{}"});
const admin=()=>make("https://ab.supabase.co","${planted.serviceRole}");
const a="${splitA}",gh=a+"${splitB}";use(gh,admin);
new Worker(URL.createObjectURL(new Blob([atob("${worker.toString("base64")}")])));
use("again: ${encodeURIComponent(planted.inJson)}","${Buffer.from(`x ${planted.header} y`).toString("base64")}");
//# ${mapComment}=main-Ab3dE9fg.js.map
`;

const bundle = {
  "index.html": `<!doctype html><head><meta name="key" content="${planted.inHtml}"><script type="module" src="/main-Ab3dE9fg.js"></script></head>`,
  "main-Ab3dE9fg.js": main,
  "main-Ab3dE9fg.js.map": JSON.stringify({
    version: 3,
    sources: ["../src/pay.ts"],
    sourcesContent: [`// from the build\nconst token = "${planted.inMapAlone}";\n`],
    names: [],
    mappings: ";AAAA,SAAS",
  }),
  "config.json": JSON.stringify({ database: planted.inJson }),
  "main-Ab3dE9fg.js.gz": "compressed",
  "main.css": `/* ${planted.inCss} */ a { color: red }`,
};

let folder = "";
let result: ImportResult;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "govern-secrets-")));
  writeTree(join(folder, "dist"), bundle);
  const imported = await importBundle({
    bundle: join(folder, "dist"),
    app: "desk",
    workspaceDir: folder,
    upstreams: new Map(),
    assets,
  });
  if (imported === null) throw new Error("nobody was asked");
  result = imported;
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("an imported app", () => {
  test.each(Object.entries(planted))("is written without the one planted as %s", (_name, value) => {
    const forms = formsOf(value);
    const wanted = [...forms.texts, ...forms.cores, splitB];
    for (const [path, { text }] of Object.entries(treeOf(folder))) {
      if (path.startsWith("dist/") || path === ".govern/secrets.env") continue;
      for (const form of wanted) expect(text.includes(form), path).toBe(false);
    }
  });

  test("has a finding for each, with a place and no more of it than its ends", async () => {
    const report = await inspectBundle(join(folder, "dist"), { app: "desk" });
    const told = JSON.stringify([report, result.findings]);
    for (const value of Object.values(planted)) expect(told.includes(value)).toBe(false);
    const found = report.findings.filter(({ rule }) => rule === "hardcoded-credential");
    const lines = found.map(
      ({ file, line, message }) => `${file}:${line} ${message.split(" (")[0]}`,
    );
    expect(lines).toEqual([
      "config.json:1 A connection string",
      "index.html:1 A Google API key",
      "main-Ab3dE9fg.js:1 A Slack token",
      "main-Ab3dE9fg.js:2 A Stripe secret key",
      "main-Ab3dE9fg.js:4 A credential",
      "main-Ab3dE9fg.js:5 A credential",
      "main-Ab3dE9fg.js:6 A user and password",
      "main-Ab3dE9fg.js:7 A credential",
      "main-Ab3dE9fg.js:8 A Slack webhook",
      "main-Ab3dE9fg.js:9 A Supabase service_role key",
      "main-Ab3dE9fg.js:10 A GitHub token",
      "main-Ab3dE9fg.js:11 A Stripe webhook secret",
      "main-Ab3dE9fg.js:12 A Stripe secret key",
      "main-Ab3dE9fg.js.map:1 An npm token",
      "main.css:1 A GitLab token",
    ]);
    expect(found.find(({ message }) => message.includes("npm token"))?.source).toEqual({
      file: "src/pay.ts",
      line: 2,
      column: 15,
    });
  });

  test("has each credential that a call sends in the resource of that call", () => {
    const { resources } = parseYaml(readFileSync(join(folder, "govern.yaml"), "utf8")) as {
      resources: Record<string, { headers?: object; query?: object }>;
    };
    const sent = Object.entries(resources).map(([name, { headers, query }]) => [
      name,
      { ...headers, ...query },
    ]);
    expect(Object.fromEntries(sent)).toMatchObject({
      "pay-acme-example": { authorization: "Bearer ${env:PAY_ACME_EXAMPLE_AUTHORIZATION}" },
      "maps-acme-example": { api_key: "${env:MAPS_ACME_EXAMPLE_API_KEY}" },
      "ship-acme-example": { "x-api-key": "${env:SHIP_ACME_EXAMPLE_X_API_KEY}" },
      "files-acme-example": { authorization: "Basic ${env:FILES_ACME_EXAMPLE_AUTHORIZATION}" },
      "crm-acme-example": { authorization: "Basic ${env:CRM_ACME_EXAMPLE_AUTHORIZATION}" },
    });
    const env = readFileSync(join(folder, ".govern/secrets.env"), "utf8");
    expect(env).toContain(`FILES_ACME_EXAMPLE_AUTHORIZATION=${basic(planted.basic)}`);
    expect(env).toContain(`CRM_ACME_EXAMPLE_AUTHORIZATION=${basic(planted.sentBasic)}`);
    expect(env).toContain(`MAPS_ACME_EXAMPLE_API_KEY=${planted.queryKey}`);
    expect(env).toContain(planted.serviceRole);
  });

  test("has no compressed copy of what it was", () => {
    const names = Object.keys(treeOf(join(folder, "governed/apps/desk")));
    expect(names.filter((name) => name.endsWith(".gz"))).toEqual([]);
  });

  test("leaves a call open whose address is the secret", () => {
    const open = result.analysis.sites.filter(({ status }) => status === "open");
    expect(open.map(({ line, reason }) => [line, reason])).toEqual([
      [8, "a credential is part of its address or text"],
      [11, "the script in a Blob is only known at run time"],
    ]);
  });
});
