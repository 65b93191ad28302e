/** Apps with clients that build their requests, as two bundlers build them: found whole, and governed in a browser. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { readBundle } from "../../src/bundle/files/read-bundle.ts";
import type { Operation } from "../../src/contract/operation.ts";
import { launchChromium } from "../browser/chromium.ts";
import { startGovernedApps, type GovernedApps } from "./governed-apps.ts";
import { startUpstream, type Asked, type Given, type Upstream } from "./upstream.ts";
import { watchPage, type WatchedPage } from "./watched-page.ts";

const root = "fixtures/clients";

interface ClientApp {
  readonly name: string;
  /** All that the app can send, and nothing else. */
  readonly operations: readonly string[];
  /** What the bundle calls its backend. */
  readonly origin: string;
  /** The write that waits for a person. */
  readonly held: string;
  readonly answers: (asked: Asked) => Given | undefined;
  readonly list: string;
  readonly done: string;
  /** The held write as the backend gets it. */
  readonly sent: string;
  readonly body: unknown;
}

function graphqlOf(asked: Asked): { query: string; variables: Record<string, unknown> } {
  return JSON.parse(asked.body) as never;
}

const supabase = "https://desk.supabase.co";
const books = "https://books.supabase.co";
const acme = "https://api.acme.example";

const apps: readonly ClientApp[] = [
  {
    name: "tickets",
    origin: supabase,
    operations: [
      `GET ${supabase}/rest/v1/tickets?limit&order&queue=eq.{}&select=id,title,state`,
      `PATCH ${supabase}/rest/v1/tickets?id=eq.{}`,
      `POST ${supabase}/rest/v1/tickets?select=id`,
    ],
    held: "PATCH /rest/v1/tickets",
    answers: ({ method }) =>
      method === "PATCH"
        ? { status: 200, body: [] }
        : { body: [{ id: 7, title: "No light", state: "open" }] },
    list: "7 No light (open)",
    done: "closed",
    sent: "PATCH /rest/v1/tickets?id=eq.7",
    body: { state: "closed" },
  },
  {
    name: "expenses",
    origin: books,
    operations: [
      `GET ${books}/rest/v1/expenses?select=id,amount&spent_at`,
      `POST ${books}/auth/v1/token?grant_type=password`,
      `POST ${books}/auth/v1/token?grant_type=refresh_token`,
      `POST ${books}/rest/v1/rpc/reimburse`,
    ],
    held: "POST /rest/v1/rpc/reimburse",
    answers: ({ method }) =>
      method === "POST" ? { body: 12.5 } : { body: [{ id: "e1", amount: 12.5 }] },
    list: "e1: 12.5",
    done: "paid 12.5",
    sent: "POST /rest/v1/rpc/reimburse",
    body: { expense: "7", amount: 12.5 },
  },
  {
    name: "accounts",
    origin: acme,
    operations: [
      `mutation IssueCredit($id: ID!, $amount: Float!) { issueCredit(id: $id, amount: $amount) { balance } } at ${acme}/graphql`,
      `query Accounts($first: Int!) { accounts(first: $first) { ...AccountParts } } fragment AccountParts on Account { id balance } at ${acme}/graphql`,
    ],
    held: "IssueCredit",
    answers: (asked) =>
      graphqlOf(asked).query.startsWith("mutation")
        ? { body: { data: { issueCredit: { balance: 15 } } } }
        : { body: { data: { accounts: [{ id: "a1", balance: 10 }] } } },
    list: "a1: 10",
    done: "balance 15",
    sent: "POST /graphql",
    body: {
      query:
        "mutation IssueCredit($id: ID!, $amount: Float!) { issueCredit(id: $id, amount: $amount) { balance } }",
      operationName: "IssueCredit",
      variables: { amount: 5, id: "7" },
    },
  },
  {
    name: "orders",
    origin: acme,
    operations: [
      `mutation RefundOrder($order: ID!, $reason: String) { refundOrder(order: $order, reason: $reason) { id state __typename } } at ${acme}/graphql`,
      `query Orders($state: OrderState!) { orders(state: $state) { ...OrderParts __typename } } fragment OrderParts on Order { id customer { id name __typename } __typename } at ${acme}/graphql`,
    ],
    held: "RefundOrder",
    answers: (asked) => {
      const customer = { __typename: "Customer", id: "c1", name: "ana" };
      return graphqlOf(asked).query.startsWith("mutation")
        ? { body: { data: { refundOrder: { __typename: "Order", id: "7", state: "REFUNDED" } } } }
        : { body: { data: { orders: [{ __typename: "Order", id: "7", customer }] } } };
    },
    list: "7 of ana",
    done: "7 REFUNDED",
    sent: "POST /graphql",
    body: {
      query:
        "mutation RefundOrder($order: ID!, $reason: String) { refundOrder(order: $order, reason: $reason) { id state __typename } }",
      operationName: "RefundOrder",
      variables: { order: "7", reason: "goodwill" },
    },
  },
  {
    name: "stock",
    origin: "same-origin",
    operations: [
      "mutation Reserve($sku: ID!, $count: Int!) { reserve(sku: $sku, count: $count) { left __typename } } at same-origin/graphql",
      "query Stock($shelf: String!) { stock(shelf: $shelf) { sku left __typename } } at same-origin/graphql, by GET too",
    ],
    held: "Reserve",
    answers: (asked) =>
      graphqlOf(asked).query.startsWith("mutation")
        ? { body: { data: { reserve: { __typename: "Stock", left: 3 } } } }
        : { body: { data: { stock: [{ __typename: "Stock", sku: "s1", left: 5 }] } } },
    list: "s1: 5",
    done: "3 left",
    sent: "POST /graphql",
    body: {
      query:
        "mutation Reserve($sku: ID!, $count: Int!) { reserve(sku: $sku, count: $count) { left __typename } }",
      operationName: "Reserve",
      variables: { count: 2, sku: "7" },
    },
  },
  {
    name: "invoices",
    origin: "same-origin",
    operations: [
      "GET same-origin/api/v1/invoices?state",
      "POST same-origin/api/v1/invoices/{invoiceId}/write-off",
    ],
    held: "POST /api/v1/invoices/{invoiceId}/write-off",
    answers: ({ method }) =>
      method === "POST" ? { body: { id: "7" } } : { body: [{ id: "i1", total: 80 }] },
    list: "i1: 80",
    done: "wrote off 7",
    sent: "POST /api/v1/invoices/7/write-off",
    body: { reason: "too old" },
  },
  {
    name: "shipments",
    origin: acme,
    operations: [`GET ${acme}/v1/shipments?page`, `POST ${acme}/v1/shipments/{shipmentId}/stop`],
    held: "POST /v1/shipments/{shipmentId}/stop",
    answers: ({ method }) =>
      method === "POST" ? { body: { id: "7" } } : { body: [{ id: "s1", to: "Lund" }] },
    list: "s1 to Lund",
    done: "stopped 7",
    sent: "POST /v1/shipments/7/stop",
    body: { reason: "wrong address" },
  },
];

const bundlers = ["esbuild", "vite"];
const cases = apps.flatMap((app) => bundlers.map((bundler) => ({ app, bundler })));
const idOf = (app: ClientApp, bundler: string): string => `${app.name}-${bundler}`;

function shown(operation: Operation): string {
  if (operation.kind === "graphql") {
    const { document, origin, path, get } = operation;
    return `${document} at ${origin}${path}${get === true ? ", by GET too" : ""}`;
  }
  if (operation.kind !== "http") return operation.kind;
  const fields = Object.entries(operation.query.fields).map(([key, field]) => {
    if (typeof field !== "object") return key;
    if ("literal" in field) return `${key}=${field.literal}`;
    return "prefix" in field ? `${key}=${field.prefix}{}` : `${key}[]`;
  });
  const query = fields.length === 0 ? "" : `?${fields.join("&")}`;
  return `${operation.method} ${operation.origin}${operation.path}${query}`;
}

describe("apps with clients that build their requests", () => {
  it("are all here", () => {
    const built = readdirSync(root).filter((name) => existsSync(join(root, name, "esbuild")));
    expect(built.toSorted()).toEqual(apps.map(({ name }) => name).toSorted());
  });

  it.each(cases.map(({ app, bundler }) => [idOf(app, bundler), app, bundler] as const))(
    "%s: every operation is found, nothing else, and no site is open",
    async (_name, app, bundler) => {
      const bundle = await readBundle(join(root, app.name, bundler));
      const { operations, sites } = await analyzeBundle(bundle, app.name);
      expect(operations.map(shown).toSorted()).toEqual(app.operations.toSorted());
      expect(sites.filter(({ status }) => !/^(?:resolved|excluded)$/.test(status))).toEqual([]);
    },
  );
});

interface Run {
  readonly upstream: Upstream;
  readonly asked: Asked[];
}

let governed: GovernedApps;
let browser: Browser;
const runs = new Map<string, Run>();

beforeAll(async () => {
  browser = await launchChromium();
  for (const { app, bundler } of cases) {
    const asked: Asked[] = [];
    const upstream = await startUpstream((one) => {
      asked.push(one);
      return app.answers(one);
    });
    runs.set(idOf(app, bundler), { upstream, asked });
  }
  governed = await startGovernedApps(
    cases.map(({ app, bundler }) => ({
      name: idOf(app, bundler),
      folder: join(root, app.name, bundler),
      backends: {
        [app.origin]: `http://127.0.0.1:${runs.get(idOf(app, bundler))?.upstream.port ?? 0}`,
      },
      held: [app.held],
    })),
  );
}, 300_000);
afterAll(async () => {
  await governed?.stop();
  await browser?.close();
  for (const { upstream } of runs.values()) await upstream.close();
});

async function openApp(name: string): Promise<WatchedPage> {
  const context = await browser.newContext();
  const url = governed.url(name);
  const watched = await watchPage(context, new URL(url).origin);
  await watched.page.goto(url);
  await watched.page.getByRole("button", { name: /sam/ }).click();
  return watched;
}

describe.each(cases.map(({ app, bundler }) => [idOf(app, bundler), app] as const))(
  "%s in a browser",
  (name, app) => {
    it("reads at once, and writes once a person has approved", { timeout: 120_000 }, async () => {
      const { page, troubles } = await openApp(name);
      const { asked } = runs.get(name) as Run;
      await page.locator("#list", { hasText: app.list }).waitFor();
      const before = asked.length;
      const held = page.waitForResponse((one) => one.status() === 202);
      await Promise.all([held, page.locator("#act").click()]);
      expect(await page.locator("#done").textContent()).toBe("");
      expect(asked.length).toBe(before);
      await governed.approve();
      await page.locator("#done", { hasText: app.done }).waitFor();
      const [write, ...more] = asked.slice(before);
      expect(more).toEqual([]);
      expect(`${write?.method} ${write?.url}`).toBe(app.sent);
      expect(JSON.parse(write?.body ?? "")).toEqual(app.body);
      expect([...troubles.origins]).toEqual([]);
      expect(troubles.errors).toEqual([]);
      await page.context().close();
    });
  },
);
