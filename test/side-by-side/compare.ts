/** One script of clicks on an app as it was built and on the same app governed, and what was seen on both. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { startGovernedApps, type GovernedApps } from "./governed-apps.ts";
import { startOriginal, startUpstream, type Answers } from "./upstream.ts";
import { plain, watchPage, type Troubles } from "./watched-page.ts";

/** What a script of clicks is given. */
export interface Visit {
  readonly page: Page;
  /** Address of the app's own root, ending in a slash. */
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
  /** What the bundle calls its backend: an origin, `same-origin`, `{base}`. */
  readonly keys: readonly string[];
  readonly held?: readonly string[];
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
  readonly apps: GovernedApps;
  stop(): Promise<void>;
}

interface Place {
  readonly home: string;
  readonly governed: boolean;
  readonly calls: string[];
  approve(): Promise<void>;
}

async function signIn(context: BrowserContext, home: string): Promise<void> {
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
    const next = await page.locator("body").innerText();
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

/** Visits both. */
export async function compare(browser: Browser, app: ComparedApp): Promise<Comparison> {
  const backend = await startUpstream(app.answers);
  const originalCalls: string[] = [];
  const server = await startOriginal(app.folder, app.answers, originalCalls);
  const { name, folder, held } = app;
  const backends = Object.fromEntries(app.keys.map((key) => [key, backend.port]));
  const apps = await startGovernedApps([{ name, folder, backends, ...(held ? { held } : {}) }]);
  const stop = async (): Promise<void> => {
    await apps.stop();
    await server.close();
    await backend.close();
  };
  try {
    const original = await visit(browser, app, {
      home: `http://127.0.0.1:${server.port}/`,
      governed: false,
      calls: originalCalls,
      approve: () => Promise.resolve(),
    });
    const governed = await visit(browser, app, {
      home: `${apps.url(name)}/`,
      governed: true,
      calls: backend.calls,
      approve: () => apps.approve(),
    });
    return { original, governed, apps, stop };
  } catch (error) {
    await stop();
    throw error;
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
