/** Apps with a SQL driver in them, as two bundlers build them: found whole, and governed in a browser with a real database. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import pg from "pg";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { readBundle } from "../../src/bundle/files/read-bundle.ts";
import type { Operation } from "../../src/contract/operation.ts";
import { launchChromium } from "../browser/chromium.ts";
import { startPostgres, type PostgresServer } from "../postgres-server.ts";
import { startGovernedApps, type GovernedApps } from "./governed-apps.ts";
import { watchPage, type WatchedPage } from "./watched-page.ts";

const root = "fixtures/sql-clients";

interface SqlApp {
  readonly name: string;
  readonly engine: "postgres" | "sqlite";
  /** All that the app can send, and nothing else. */
  readonly operations: readonly string[];
  readonly seed: string;
  /** The write that waits for a person: its statement, or a batch's id. */
  readonly held: string;
  readonly list: string;
  readonly done: string;
  /** What the second button shows, whose call nobody has to approve. */
  readonly more: string;
  /** A question to the database, and its answers before and after the held write. */
  readonly asked: string;
  readonly before: unknown;
  readonly after: unknown;
}

const apps: readonly SqlApp[] = [
  {
    name: "payouts",
    engine: "postgres",
    operations: [
      "DELETE FROM payouts WHERE id = $1 RETURNING id",
      "INSERT INTO payout_log (payout, what) VALUES ($1, $2)",
      "SELECT id, amount FROM payouts WHERE state = $1 ORDER BY id",
      "UPDATE payouts SET state = 'released' WHERE id = $1",
      "batch of 2",
    ],
    seed: `CREATE TABLE payouts (id int8 PRIMARY KEY, amount numeric(9,2), state text);
      CREATE TABLE payout_log (payout int8, what text);
      INSERT INTO payouts VALUES (7, 12.50, 'open'), (8, 3, 'paid')`,
    held: "batch-pg-d55e2a",
    list: "7: 12.50",
    done: "released",
    more: "removed 1",
    asked:
      "SELECT state, (SELECT count(*)::int FROM payout_log) AS logged FROM payouts WHERE id = 7",
    before: { state: "open", logged: 0 },
    after: { state: "released", logged: 1 },
  },
  {
    name: "refunds",
    engine: "postgres",
    operations: [
      "INSERT INTO notes (refund, body) VALUES ($1, $2)",
      "SELECT id, amount FROM refunds ORDER BY id",
      "UPDATE refunds SET approved = true WHERE id = $1 RETURNING id",
    ],
    seed: `CREATE TABLE refunds (id int8 PRIMARY KEY, amount numeric, approved bool DEFAULT false);
      CREATE TABLE notes (refund int8, body text);
      INSERT INTO refunds VALUES (7, 40)`,
    held: "UPDATE refunds SET approved = true WHERE id = $1 RETURNING id",
    list: "number 7: 40",
    done: "approved 7",
    more: "noted",
    asked: "SELECT approved FROM refunds WHERE id = 7",
    before: { approved: false },
    after: { approved: true },
  },
  {
    name: "leases",
    engine: "postgres",
    operations: [
      "INSERT INTO lease_log (lease, what) VALUES ($1, 'ended')",
      'INSERT INTO leases ("tenant","city")values($1,$2) RETURNING id',
      "SELECT id, tenant FROM leases WHERE city = $1 ORDER BY id",
      "UPDATE leases SET ended = now() WHERE id = $1",
      "batch of 2",
    ],
    seed: `CREATE TABLE leases (id serial PRIMARY KEY, tenant text, city text, ended timestamptz);
      CREATE TABLE lease_log (lease int4, what text);
      INSERT INTO leases (tenant, city) VALUES ('ana', 'Lund')`,
    held: 'INSERT INTO leases ("tenant","city")values($1,$2) RETURNING id',
    list: "1: ana",
    done: "lease 2",
    more: "ended",
    asked: "SELECT count(*)::int AS leases FROM leases",
    before: { leases: 1 },
    after: { leases: 2 },
  },
  {
    name: "visits",
    engine: "postgres",
    operations: [
      "SELECT id, day FROM visits WHERE kind = any($1) ORDER BY id",
      "SELECT id, day FROM visits WHERE kind = any($1) AND day >= $2 ORDER BY id",
      'UPDATE visits SET "day"=$1,"moved"=$2 WHERE id = $3',
    ],
    seed: `CREATE TABLE visits (id int4 PRIMARY KEY, day date, kind text, moved bool DEFAULT false);
      INSERT INTO visits VALUES (7, '2025-05-02', 'repair'), (8, '2026-07-01', 'repair'), (9, now(), 'x')`,
    held: 'UPDATE visits SET "day"=$1,"moved"=$2 WHERE id = $3',
    list: "7 on 2025\n8 on 2026",
    done: "moved",
    more: "1 later",
    asked: "SELECT day::text, moved FROM visits WHERE id = 7",
    before: { day: "2025-05-02", moved: false },
    after: { day: "2026-03-01", moved: true },
  },
  {
    name: "members",
    engine: "postgres",
    operations: [
      "INSERT INTO member_log (member, what) VALUES ($1, $2)",
      "SELECT id, name FROM members WHERE left_on IS NULL ORDER BY id",
      "SELECT name FROM members WHERE id = $1",
      "UPDATE members SET left_on = now() WHERE id = $1",
      "batch of 2",
    ],
    seed: `CREATE TABLE members (id int4 PRIMARY KEY, name text, left_on date);
      CREATE TABLE member_log (member int4, what text);
      INSERT INTO members VALUES (7, 'ana'), (8, 'sam')`,
    held: "batch-neon-fe961f",
    list: "7 ana\n8 sam",
    done: "left",
    more: "this is ana",
    asked:
      "SELECT count(*)::int AS members, (SELECT count(*)::int FROM member_log) AS logged FROM members WHERE left_on IS NULL",
    before: { members: 2, logged: 0 },
    after: { members: 1, logged: 1 },
  },
  {
    name: "rooms",
    engine: "postgres",
    operations: [
      "DELETE FROM bookings WHERE room = $1",
      "INSERT INTO bookings (room, person) VALUES ($1, $2) RETURNING person",
      "SELECT id FROM rooms WHERE free ORDER BY id",
      "UPDATE rooms SET free = false WHERE id = $1",
      "batch of 2",
    ],
    seed: `CREATE TABLE rooms (id int4 PRIMARY KEY, free bool);
      CREATE TABLE bookings (room int4, person text);
      INSERT INTO rooms VALUES (7, true), (8, false)`,
    held: "batch-neon-2a95c5",
    list: "room 7",
    done: "booked for sam",
    more: "1 gone",
    asked: "SELECT free, (SELECT count(*)::int FROM bookings) AS bookings FROM rooms WHERE id = 7",
    before: { free: true, bookings: 0 },
    after: { free: false, bookings: 1 },
  },
  {
    name: "trips",
    engine: "sqlite",
    operations: [
      "DELETE FROM bookings WHERE trip = :trip",
      "INSERT INTO bookings (trip, person) VALUES (?, ?)",
      "SELECT id, city FROM trips ORDER BY id",
      "UPDATE trips SET free = free - 1 WHERE id = ?",
      "batch of 2",
    ],
    seed: `CREATE TABLE trips (id INTEGER PRIMARY KEY, city TEXT, free INTEGER);
      CREATE TABLE bookings (trip INTEGER, person TEXT);
      INSERT INTO trips VALUES (7, 'Lund', 4)`,
    held: "batch-libsql-0d46a8",
    list: "7 Lund",
    done: "booked",
    more: "1 gone",
    asked: "SELECT free, (SELECT count(*) FROM bookings) AS bookings FROM trips WHERE id = 7",
    before: { free: 4, bookings: 0 },
    after: { free: 3, bookings: 1 },
  },
  {
    name: "boats",
    engine: "sqlite",
    operations: [
      "INSERT INTO boats (name, sold) VALUES (?, 0)",
      "SELECT id, name FROM boats WHERE sold = 0 ORDER BY id",
      "UPDATE boats SET sold = 1 WHERE id = ? RETURNING name",
    ],
    seed: `CREATE TABLE boats (id INTEGER PRIMARY KEY, name TEXT, sold INTEGER);
      INSERT INTO boats VALUES (7, 'Ran', 0)`,
    held: "UPDATE boats SET sold = 1 WHERE id = ? RETURNING name",
    list: "7 Ran",
    done: "sold Ran",
    more: "added",
    asked: "SELECT sold FROM boats WHERE id = 7",
    before: { sold: 0 },
    after: { sold: 1 },
  },
  {
    name: "meters",
    engine: "sqlite",
    operations: [
      "INSERT INTO swaps (meter) VALUES (?)",
      "SELECT id, place FROM meters ORDER BY id",
      "UPDATE meters SET place = ? WHERE id = ?",
      "batch of 2",
    ],
    seed: `CREATE TABLE meters (id INTEGER PRIMARY KEY, place TEXT);
      CREATE TABLE swaps (meter INTEGER);
      INSERT INTO meters VALUES (7, 'cellar')`,
    held: "batch-mysql2-f45dfa",
    list: "7 cellar",
    done: "replaced",
    more: "1 added",
    asked: "SELECT place, (SELECT count(*) FROM swaps) AS swaps FROM meters WHERE id = 7",
    before: { place: "cellar", swaps: 0 },
    after: { place: "store", swaps: 1 },
  },
  {
    name: "parcels",
    engine: "sqlite",
    operations: [
      "DELETE FROM claims WHERE parcel = ?",
      "INSERT INTO claims (parcel) VALUES (?)",
      "SELECT id, state FROM parcels ORDER BY id",
      "UPDATE parcels SET state = 'lost' WHERE id = ?",
      "batch of 2",
    ],
    seed: `CREATE TABLE parcels (id INTEGER PRIMARY KEY, state TEXT);
      CREATE TABLE claims (parcel INTEGER);
      INSERT INTO parcels VALUES (7, 'sent')`,
    held: "batch-planetscale-8a4455",
    list: "7 sent",
    done: "claimed",
    more: "1 gone",
    asked: "SELECT state, (SELECT count(*) FROM claims) AS claims FROM parcels WHERE id = 7",
    before: { state: "sent", claims: 0 },
    after: { state: "lost", claims: 1 },
  },
];

const bundlers = ["esbuild", "vite"];
const cases = apps.flatMap((app) => bundlers.map((bundler) => ({ app, bundler })));
const idOf = (app: SqlApp, bundler: string): string => `${app.name}-${bundler}`;

function shown(operation: Operation): string {
  if (operation.kind === "sql") return operation.statement;
  return operation.kind === "sql-batch"
    ? `batch of ${operation.statements.length}`
    : operation.kind;
}

describe("apps with a SQL driver", () => {
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

/** A database of one app. */
interface Store {
  /** As govern.yaml names it. */
  readonly address: string;
  ask(question: string): Promise<unknown>;
  close(): Promise<void>;
}

async function openPostgres(server: PostgresServer, name: string, seed: string): Promise<Store> {
  const owner = new pg.Client({ connectionString: server.url });
  await owner.connect();
  await owner.query(`CREATE DATABASE "${name}"`);
  await owner.end();
  const address = server.url.replace(/\/postgres$/, `/${name}`);
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  await client.query(seed);
  return {
    address,
    ask: async (question) => (await client.query(question)).rows[0] as unknown,
    close: () => client.end(),
  };
}

function openSqlite(file: string, seed: string): Store {
  const database = new Database(file);
  database.exec(seed);
  return {
    address: `sqlite:${file}`,
    ask: async (question) => database.prepare(question).get(),
    close: async () => {
      database.close();
    },
  };
}

let server: PostgresServer;
let folder: string;
let governed: GovernedApps;
let browser: Browser;
const stores = new Map<string, Store>();

beforeAll(async () => {
  browser = await launchChromium();
  server = await startPostgres();
  folder = mkdtempSync(join(tmpdir(), "govern-sql-apps-"));
  for (const { app, bundler } of cases) {
    const name = idOf(app, bundler);
    const store =
      app.engine === "postgres"
        ? await openPostgres(server, name, app.seed)
        : openSqlite(join(folder, `${name}.db`), app.seed);
    stores.set(name, store);
  }
  governed = await startGovernedApps(
    cases.map(({ app, bundler }) => ({
      name: idOf(app, bundler),
      folder: join(root, app.name, bundler),
      backends: {},
      database: stores.get(idOf(app, bundler))?.address ?? "",
      held: [app.held],
    })),
  );
}, 300_000);
afterAll(async () => {
  await governed?.stop();
  await browser?.close();
  for (const store of stores.values()) await store.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
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
      const store = stores.get(name) as Store;
      await page.locator("#list", { hasText: app.list }).waitFor();
      const held = page.waitForResponse((one) => one.status() === 202);
      await Promise.all([held, page.locator("#act").click()]);
      expect(await page.locator("#done").textContent()).toBe("");
      expect(await store.ask(app.asked)).toEqual(app.before);
      await governed.approve();
      await page.locator("#done", { hasText: app.done }).waitFor();
      expect(await store.ask(app.asked)).toEqual(app.after);
      await page.locator("#more").click();
      await page.locator("#more-done", { hasText: app.more }).waitFor();
      expect([...troubles.origins]).toEqual([]);
      expect(troubles.errors).toEqual([]);
      await page.context().close();
    });
  },
);
