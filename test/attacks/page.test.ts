/**
 * The catalogue's rows on pages, B1 to B20a, tried by a hostile app in Chromium. A canary listens where the attacks would
 * arrive and must stay silent, and what the browser stopped must be in the trail.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchChromium } from "../browser/chromium.ts";
import type { ApprovalView } from "../../src/contract/approval.ts";
import type { HeldBody } from "../../src/contract/wire.ts";
import { send, signIn as signInByForm, type Tab } from "../sidecar/client.ts";
import { credential } from "../sidecar/desk-workspace.ts";
import {
  at,
  expectRefusal,
  json,
  openGround,
  startCanary,
  type Canary,
  type Ground,
} from "./ground.ts";

declare global {
  function attack(name: string, url: string, path: string): Promise<string>;
}

const script = readFileSync(join(import.meta.dirname, "attacks-of-a-page.js"), "utf8");

let ground: Ground;
let canary: Canary;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  canary = await startCanary();
  ground = await openGround({ script });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await ground?.stop();
  await canary.stop();
});

const appUrl = (): string => ground.sidecar.url("desk");
const canaryUrl = (): string => `http://canary.localhost:${canary.port}`;

/** Signs somebody in at a listener, and gives the browser the session. */
async function signIn(address: Ground["app"], user: string): Promise<Tab> {
  const tab = await signInByForm(address, user);
  const [name = "", value = ""] = tab.cookie.split(/=(.*)/s);
  const kept = { path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;
  await context.addCookies([{ name, value, domain: address.host, ...kept }]);
  return tab;
}

beforeEach(async () => {
  context = await browser.newContext();
  await signIn(ground.app, "sam");
  page = await context.newPage();
  await page.goto(appUrl());
  await page.waitForFunction(() => "attack" in globalThis);
});
afterEach(async () => {
  await context.close();
  expect(canary.arrived).toEqual([]);
  expect(canary.bytes()).toBe(0);
});

interface Reported {
  readonly refused: string;
  readonly directive: string | undefined;
}

/** The refusals that an attack added to the trail. */
async function refusalsSince(seq: number): Promise<Reported[]> {
  const entries = await ground.trail("&type=refused");
  return entries
    .filter((entry) => entry.seq > seq)
    .map(({ decision, outcome }) => ({
      refused: (decision as { refused: string }).refused,
      directive: (outcome as { page?: { directive: string } }).page?.directive,
    }));
}

const lastSeq = async (): Promise<number> => (await ground.trail("&type=refused"))[0]?.seq ?? -1;

/** Runs an attack of the page: it must not come through, and the trail must say what stopped it. */
async function stopped(name: string, expected: Partial<Reported>): Promise<void> {
  const before = await lastSeq();
  const outcome = await page.evaluate(
    ([attackName, url, path]) => globalThis.attack(attackName, url, path),
    [name, canaryUrl(), at("/v2/track/1").path] as const,
  );
  expect(outcome).not.toBe("through");
  await expect.poll(() => refusalsSince(before)).toContainEqual(expect.objectContaining(expected));
}

const blockedBy = (directive: string): Partial<Reported> => ({
  refused: "page-blocked",
  directive,
});
const connect = blockedBy("connect-src");
const unregistered = { refused: "unregistered" };

describe.each<[string, readonly (readonly [string, Partial<Reported>])[]]>([
  [
    "B1 fetch by another name",
    [
      ["an alias of fetch", connect],
      ["a name put together", connect],
      ["a key of the global object", connect],
      ["XMLHttpRequest", connect],
    ],
  ],
  [
    "B2 fetch by another hand",
    [
      ["Reflect.apply", connect],
      ["fetch.call", connect],
      ["fetch.bind", connect],
      ["a Proxy of fetch", connect],
    ],
  ],
  [
    "B3 a fresh realm",
    [
      ["fetch of an empty frame", connect],
      ["fetch of about:blank", connect],
      ["a frame of elsewhere", blockedBy("frame-src")],
    ],
  ],
  [
    "B4 workers",
    [
      ["a worker from a blob", blockedBy("worker-src")],
      ["a worker from data", blockedBy("worker-src")],
      ["a worker of its own", connect],
      ["a shared worker of its own", connect],
    ],
  ],
  ["B5 a service worker", [["a service worker", unregistered]]],
  [
    "B6 code from texts",
    [
      ["eval", blockedBy("script-src")],
      ["a Function", blockedBy("script-src")],
      ["a text for a timer", blockedBy("script-src")],
      ["WebAssembly", blockedBy("script-src")],
    ],
  ],
  [
    "B7 code from elsewhere",
    [
      ["import()", blockedBy("script-src-elem")],
      ["a script of elsewhere", blockedBy("script-src-elem")],
      ["a module of elsewhere", blockedBy("script-src-elem")],
      ["an inline script", blockedBy("script-src-elem")],
      ["an inline handler", blockedBy("script-src-attr")],
      ["an address of javascript", blockedBy("script-src-elem")],
      ["an import map", blockedBy("script-src-elem")],
    ],
  ],
  [
    "B8 streams and sockets",
    [
      ["a socket", connect],
      ["a socket to its own host", unregistered],
      ["an event stream", connect],
      ["WebTransport", connect],
    ],
  ],
  [
    "B10 forms",
    [
      ["a form", blockedBy("form-action")],
      ["requestSubmit", blockedBy("form-action")],
      ["formaction", blockedBy("form-action")],
    ],
  ],
  [
    "B11 requests without an answer",
    [
      ["sendBeacon", connect],
      ["fetch with keepalive", connect],
      ["a ping", connect],
    ],
  ],
  [
    "B12 parts of a page",
    [
      ["an image", blockedBy("img-src")],
      ["a picture of a style", blockedBy("img-src")],
      ["a style of a style", blockedBy("style-src-elem")],
      ["a style sheet", blockedBy("style-src-elem")],
      ["a font", blockedBy("font-src")],
      ["a video", blockedBy("media-src")],
      ["a preloaded file", blockedBy("img-src")],
      ["a preloaded module", blockedBy("script-src-elem")],
      ["a prefetched page", blockedBy("default-src")],
      ["an object", blockedBy("object-src")],
      ["an embedded page", blockedBy("object-src")],
      ["an image that writes", unregistered],
    ],
  ],
  ["B19 a base of elsewhere", [["a base of elsewhere", blockedBy("base-uri")]]],
])("%s", (row, attacks) => {
  const id = row.split(" ")[0] ?? "";
  it.each(attacks)(`${id} %s does not leave the page`, async (name, expected) => {
    const reached = ground.upstream.arrived.length;
    await stopped(name, expected);
    expect(ground.upstream.arrived.slice(reached)).toEqual([]);
  });
});

const own = { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" };

describe("B15 secrets in what is served", () => {
  it("B15 no file that the page gets holds a credential, and no map is served", async () => {
    const web = join(ground.desk.folder, "governed/apps/desk/web");
    const files = readdirSync(web, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files).toHaveLength(2);
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name).slice(web.length);
      const { status, text } = await ground.sam.send({ path });
      expect(status).toBe(200);
      expect(text).not.toContain(credential);
    }
    await ground.refuses(async () => {
      expectRefusal(await ground.sam.send({ path: "/assets/app.js.map" }), 403, "unregistered");
    }, "unregistered");
  });
});

describe("B16 calls past the page", () => {
  it("B16 a program meets the same rules", async () => {
    const call = at("/v2/people/kim/orders");
    await ground.refuses(async () => {
      expectRefusal(await send(ground.app, call), 401, "unauthenticated");
    }, "unauthenticated");
    await ground.refuses(async () => {
      expectRefusal(await ground.sam.send(call), 403, "denied");
    }, "denied");
    await ground.refuses(async () => {
      const headers = { ...own, cookie: ground.sam.cookie, "sec-fetch-site": "cross-site" };
      expectRefusal(await send(ground.app, at("/v2/search", { headers })), 403, "cross-origin");
    }, "cross-origin");
  });
});

/** The status of a call that a script of the page makes. */
const postFromPage = async (path: string, body: string): Promise<number> =>
  await page.evaluate(
    async ([to, text]) =>
      (
        await fetch(to, {
          method: "POST",
          body: text,
          headers: { "content-type": "application/json", "govern-site": "s1" },
        })
      ).status,
    [at(path).path, body] as const,
  );

describe("B17 a bundle that is edited in the browser", () => {
  it("B17 what it sends is judged by the registered operation alone", async () => {
    await ground.refuses(async () => {
      expect(await postFromPage("/v2/tickets/t1/refunds/all", "{}")).toBe(403);
    }, "unregistered");
    await ground.refuses(async () => {
      expect(await postFromPage("/v2/tickets/t1/refunds", '{"amount":"1","note":"a"}')).toBe(400);
    }, "invalid-arguments");
  });
});

describe("B18 frames around the app and the console", () => {
  it("B18 neither is shown in a frame of another origin", async () => {
    const elsewhere = await startCanary();
    await signIn(ground.operator, "ana");
    const framed = [appUrl(), ground.sidecar.operatorUrl, `${ground.sidecar.operatorUrl}/audit`];
    elsewhere.answer = (_message, response) => {
      const frames = framed.map((src) => `<iframe src="${src}"></iframe>`).join("");
      response.writeHead(200, { "content-type": "text/html" }).end(`<body>${frames}`);
    };
    try {
      await page.goto(`http://evil.localhost:${elsewhere.port}/`);
      await page.waitForLoadState("load");
      const shown = page.frames().slice(1);
      expect(shown).toHaveLength(framed.length);
      for (const frame of shown) {
        expect(await frame.evaluate("document.body.innerText")).not.toMatch(/sam|ana|desk/i);
      }
    } finally {
      await elsewhere.stop();
    }
  });
});

const decisions = async (): Promise<unknown[]> => await ground.trail("&type=decision");
const refund = async (note: string): Promise<string> => {
  const reply = await ground.sam.send(
    json("/v2/tickets/t1/refunds", JSON.stringify({ amount: 5, note })),
  );
  expect(reply.status).toBe(202);
  return (reply.json() as HeldBody).ticket;
};

describe("B20 hostile values before an approver", () => {
  it("B20 they are shown as text, and load and run nothing", async () => {
    const url = canaryUrl();
    const ticket = await refund(
      `<img src="${url}/a.png" onerror="fetch('${url}')"><script>fetch('${url}')</script>\u202egnp.exe`,
    );
    await signIn(ground.operator, "ana");
    await page.goto(`${ground.sidecar.operatorUrl}/approvals/${ticket}`);
    await page.getByText("<img src=", { exact: false }).first().waitFor();
    expect(await page.locator(`img[src*="${canary.port}"], script:not([src])`).count()).toBe(0);
    expect(await page.locator("body").innerText()).not.toContain("\u202e");
  });
});

describe("B20a a hostile app that an approver opens", () => {
  it("B20a decides nothing, and reads nothing of the console or the trail", async () => {
    const ticket = await refund("plain");
    const ana = await signIn(ground.operator, "ana");
    const { operatorUrl } = ground.sidecar;
    const before = (await decisions()).length;
    const decision = `${operatorUrl}/api/approvals/${ticket}/decision`;
    for (const name of [
      "an alias of fetch",
      "XMLHttpRequest",
      "sendBeacon",
      "a form",
      "requestSubmit",
    ]) {
      const outcome = await page.evaluate(
        ([attackName, url]) => globalThis.attack(attackName, url, ""),
        [name, decision] as const,
      );
      expect(outcome).not.toBe("through");
    }
    const opened = await page.evaluate(`
      const other = window.open("${operatorUrl}/api/audit");
      new Promise((done) => setTimeout(done, 0)).then(() => other?.document.body.innerText ?? "").catch(({ name }) => name)`);
    expect(["", "SecurityError"]).toContain(opened);

    // The same requests, as a browser without any policy would send them.
    for (const site of ["same-site", "cross-site"]) {
      for (const [method, path] of [
        ["POST", `/api/approvals/${ticket}/decision`],
        ["POST", `/api/approvals/${ticket}/break-glass`],
        ["GET", "/api/audit"],
        ["GET", "/api/approvals"],
      ] as const) {
        const headers = {
          cookie: ana.cookie,
          origin: appUrl(),
          "sec-fetch-site": site,
          "content-type": "text/plain",
        };
        const body = method === "POST" ? '{"decision":"approve"}' : "";
        const reply = await send(ground.operator, { method, path, headers, body });
        expectRefusal(reply, 403, "cross-origin");
        expect(reply.headers["access-control-allow-origin"]).toBeUndefined();
      }
    }
    expect((await decisions()).length).toBe(before);
    const control = { socket: join(ground.desk.folder, ".govern/control.sock") };
    const view = (await send(control, { path: `/api/approvals/${ticket}` })).json() as ApprovalView;
    expect(view.state).toBe("pending");
  });
});

it("has every row of the catalogue that a browser can be held to", () => {
  const text = readFileSync(join(import.meta.dirname, "page.test.ts"), "utf8");
  const named = new Set([...text.matchAll(/"(B\d+a?) /g)].map(([, id]) => id));
  const residual = ["B9", "B13", "B14"];
  const rows = Array.from({ length: 20 }, (_, index) => `B${index + 1}`);
  expect(
    [...rows.filter((id) => !residual.includes(id)), "B20a"].filter((id) => !named.has(id)),
  ).toEqual([]);
  const model = readFileSync(join(import.meta.dirname, "../../docs/threat-model.md"), "utf8");
  for (const id of residual) expect(model).toContain(`**${id}**`);
});
