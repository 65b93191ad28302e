/** One script of clicks on an app as it was built and on the same app governed, and what was seen on both. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Operation } from "../../src/contract/operation.ts";
import { startGovernedApps, type GovernedApps } from "./governed-apps.ts";
import { startOriginal, startUpstream, type Answers, type Upstream } from "./upstream.ts";
import { noteSentinels, plain, watchPage, type Troubles } from "./watched-page.ts";

/** What a script of clicks is given. */
export interface Visit {
  readonly page: Page;
  /** Address of the app, ending in a slash. */
  readonly home: string;
  readonly governed: boolean;
  /** Writes down what the page shows, under a name. */
  readonly look: (name: string) => Promise<void>;
  /** Lets a person approve what is held; nothing on the original. */
  readonly approve: () => Promise<void>;
}

export interface ComparedApp {
  readonly name: string;
  readonly folder: string;
  /** What the bundle calls its backend: an origin, `same-origin`, `{base}`, with the path that it stands for: `{base} /api`. */
  readonly keys: readonly string[];
  readonly held?: readonly string[];
  /** Registered by hand, where the analysis reports an open site. */
  readonly operations?: readonly Operation[];
  /** The folder that the app expects to be served in: `sub/`. */
  readonly mount?: string;
  readonly answers: Answers;
  /** Readies a browser context: storage, requests to other origins of the original. */
  readonly prepare?: (context: BrowserContext, governed: boolean) => Promise<void>;
  readonly script: (visit: Visit) => Promise<void>;
}

export interface Seen {
  readonly troubles: Troubles;
  readonly looks: ReadonlyMap<string, string>;
  /** Calls that reached the backend, sorted. */
  readonly calls: readonly string[];
}

export interface Comparison {
  readonly original: Seen;
  readonly governed: Seen;
}

interface Place {
  readonly home: string;
  readonly governed: boolean;
  readonly calls: string[];
  approve(): Promise<void>;
}

/** Signs sam in. */
export async function signIn(context: BrowserContext, home: string): Promise<void> {
  const page = await context.newPage();
  // The app itself is not to run yet: what it would ask for is not to be counted.
  await page.route("**/*", (route) =>
    route.request().resourceType() === "document" ? route.continue() : route.abort(),
  );
  await page.goto(home);
  await page.getByRole("button", { name: /sam/ }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/_govern/"));
  await page.close();
}

/** What a page shows once it shows the same for a while. */
async function settledText(page: Page): Promise<string> {
  let text = "";
  for (let same = 0; same < 3;) {
    const texts = page.frames().map((frame) => frame.locator("body").innerText());
    const next = (await Promise.all(texts.map((one) => one.catch(() => "")))).join("\n");
    same = next === text ? same + 1 : 0;
    text = next;
    await page.waitForTimeout(200);
  }
  return text;
}

const shots = process.env["SCREENSHOTS"];

async function visit(browser: Browser, app: ComparedApp, place: Place): Promise<Seen> {
  const { home, governed } = place;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  if (governed) await signIn(context, home);
  await app.prepare?.(context, governed);
  place.calls.length = 0;
  const { page, troubles } = await watchPage(context, new URL(home).origin);
  page.setDefaultTimeout(8000);
  const looks = new Map<string, string>();
  try {
    await app.script({
      page,
      home,
      governed,
      approve: () => place.approve(),
      async look(name) {
        looks.set(name, plain(await settledText(page)));
        await noteSentinels(page, troubles);
        if (shots === undefined) return;
        mkdirSync(shots, { recursive: true });
        const path = join(shots, `${app.name}-${name}-${governed ? "governed" : "original"}.png`);
        await page.screenshot({ path });
      },
    });
  } finally {
    await context.close();
  }
  return { troubles, looks, calls: place.calls.toSorted() };
}

const nobody = (): Promise<void> => Promise.resolve();

async function visitBoth(
  browser: Browser,
  app: ComparedApp,
  { apps, backend }: { apps: GovernedApps; backend: Upstream },
): Promise<Comparison> {
  const calls: string[] = [];
  const server = await startOriginal(app, calls);
  const home = `http://127.0.0.1:${server.port}/${app.mount ?? ""}`;
  try {
    const original = await visit(browser, app, {
      home,
      governed: false,
      calls,
      approve: nobody,
    });
    const governed = await visit(browser, app, {
      home: `${apps.url(app.name)}/${app.mount ?? ""}`,
      governed: true,
      calls: backend.calls,
      approve: () => apps.approve(),
    });
    return { original, governed };
  } finally {
    await server.close();
  }
}

/** Imports apps into one workspace, serves them, and visits each of them and its original. */
export async function compare(
  browser: Browser,
  apps: readonly ComparedApp[],
): Promise<Map<string, Comparison>> {
  const backends = new Map<string, Upstream>();
  for (const { name, answers } of apps) backends.set(name, await startUpstream(answers));
  const portOf = (name: string): number => backends.get(name)?.port ?? 0;
  const bundles = apps.map(({ name, folder, keys, held = [], operations = [] }) => {
    const addresses = keys.map((text): [string, string] => {
      const [key = "", path = ""] = text.split(" ");
      return [key, `http://127.0.0.1:${portOf(name)}${path}`];
    });
    return { name, folder, held, operations, backends: Object.fromEntries(addresses) };
  });
  const governed = await startGovernedApps(bundles);
  const seen = new Map<string, Comparison>();
  try {
    for (const app of apps) {
      const backend = backends.get(app.name) as Upstream;
      seen.set(app.name, await visitBoth(browser, app, { apps: governed, backend }));
    }
    return seen;
  } finally {
    await governed.stop();
    for (const backend of backends.values()) await backend.close();
  }
}

/** Troubles of the governed app that the original does not have. */
export function newTroubles({ original, governed }: Comparison): string[] {
  const kinds = ["errors", "console", "requests"] as const;
  return kinds.flatMap((kind) => {
    const known = new Set(original.troubles[kind]);
    return governed.troubles[kind].filter((one) => !known.has(one)).map((one) => `${kind}: ${one}`);
  });
}
