/** One page with the proxy module in it, the server behind it, and the types of the module's global. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { launchChromium } from "./chromium.ts";
import { startWireServer, type WireServer } from "./wire-server.ts";

interface Sql {
  (strings: TemplateStringsArray, ...values: unknown[]): Promise<unknown>;
  query(text: string, params?: unknown[], options?: object): Promise<unknown>;
  unsafe(text: string): unknown;
  transaction(queries: unknown, options?: object): Promise<unknown>;
}

interface Libsql {
  execute(statement: unknown, args?: unknown): Promise<{ rows: unknown[] }>;
  batch(statements: unknown[], mode?: string): Promise<{ rows: unknown[] }[]>;
  transaction(mode?: string): Promise<unknown>;
  close(): void;
  readonly closed: boolean;
}

interface PgResult {
  readonly rows: Record<string, unknown>[];
  readonly rowCount: number;
  readonly command: string;
}

interface Pg {
  query(text: unknown, values?: unknown, callback?: unknown): Promise<PgResult>;
  connect(): Promise<Pg & { release(): void }>;
  connect(callback: (error: unknown, client: Pg, release: () => void) => void): void;
  end(): Promise<void>;
  on(name: string, listener: () => void): Pg;
}

interface Mysql {
  query(text: unknown, values?: unknown, callback?: unknown): Promise<[unknown, unknown]>;
  execute(text: unknown, values?: unknown): Promise<[unknown, unknown]>;
  getConnection(): Promise<Mysql>;
  beginTransaction(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  promise(): Mysql;
}

interface Planetscale {
  execute(
    text: string,
    args?: unknown[] | null,
    options?: object,
  ): Promise<{ rows: unknown[]; rowsAffected: number; insertId: string; headers: string[] }>;
  transaction(steps: (tx: Planetscale) => unknown): Promise<unknown>;
}

interface PostgresJs {
  (
    strings: TemplateStringsArray,
    ...values: unknown[]
  ): Promise<Record<string, unknown>[] & { count: number; command: string }> & {
    values(): Promise<unknown[][]>;
  };
  (first: unknown, ...rest: unknown[]): object;
  begin(...given: unknown[]): Promise<unknown>;
  unsafe(text: string, values?: unknown[]): Promise<unknown[]>;
  json(value: unknown): object;
  listen(name: string): Promise<never>;
}

declare global {
  // oxlint-disable-next-line no-underscore-dangle -- the name that rewritten bundles use
  var __govern: {
    fetch(site: string): typeof fetch;
    XMLHttpRequest(site: string): typeof XMLHttpRequest;
    WebSocket(site: string): typeof WebSocket;
    EventSource(site: string): typeof EventSource;
    sendBeacon(site: string): Navigator["sendBeacon"];
    libsql(site: string, client: string): Libsql;
    neon(site: string, client: string, options?: object): Sql;
    mysql2(site: string, client: string): Mysql;
    pg(site: string, client: string): Pg;
    planetscale(site: string, client: string): Planetscale;
    postgres(site: string, client: string): PostgresJs;
    driver: {
      (): unknown;
      new (): unknown;
      readonly anything: { readonly at: unknown };
      readonly types: {
        readonly builtins: Record<string, number>;
        setTypeParser(type: number | undefined, parser: (text: string) => unknown): void;
      };
    };
    text(operation: string, holes: unknown[]): string;
  };
}

export interface ProxyPage {
  readonly browser: Browser;
  readonly server: WireServer;
  readonly page: Page;
}

/** Starts the browser once, and a server and a page for each test. */
export function useProxyPage(): ProxyPage {
  const used = {} as { browser: Browser; server: WireServer; page: Page };
  beforeAll(async () => {
    used.browser = await launchChromium();
  });
  afterAll(async () => {
    await used.browser?.close();
  });
  beforeEach(async () => {
    used.server = await startWireServer();
    used.page = await (await used.browser.newContext()).newPage();
    await used.page.goto(used.server.url);
  });
  afterEach(async () => {
    await used.page.context().close();
    await used.server.close();
  });
  return used;
}

/** The tickets held now, once there are as many as expected. */
export async function heldTickets(server: WireServer, count = 1): Promise<string[]> {
  while (server.held.size < count) await new Promise((resolve) => setTimeout(resolve, 10));
  return [...server.held.keys()];
}
