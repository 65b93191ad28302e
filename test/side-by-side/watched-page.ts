/** A page of which everything that goes wrong is written down in words that do not depend on where it is served. */
import type { BrowserContext, Page } from "playwright-core";

export interface Troubles {
  /** Uncaught exceptions and rejections. */
  readonly errors: string[];
  /** What the page wrote as errors to the console. */
  readonly console: string[];
  /** Requests without an answer, and answers of 400 and more. */
  readonly requests: string[];
  /** Origins that were asked, the page's own excepted. */
  readonly origins: Set<string>;
  /** What people could see of origins that stand for a base: markup and values with one in it. */
  readonly sentinels: Set<string>;
}

export interface WatchedPage {
  readonly page: Page;
  readonly troubles: Troubles;
}

/** Without origins, ports, governed prefixes and hashes of names. */
export function plain(text: string): string {
  return text
    .replaceAll(/\/_govern\/http\/[0-9a-f]{8}(?=\/)/g, "")
    .replaceAll(/(?:https?|wss?):\/\/[a-z0-9.-]*(?:localhost|127\.0\.0\.1):\d+/g, "")
    .replaceAll(/:\d+:\d+/g, "")
    .replaceAll(/[-.][\w-]{8,24}(?=\.(?:js|css)\b)/g, "");
}

/** Notes what the page and its frames show with an origin in it that only stands for a base. */
export async function noteSentinels(page: Page, troubles: Troubles): Promise<void> {
  for (const frame of page.frames()) {
    const found = await frame
      .locator("css=:not(script, style)")
      .evaluateAll((elements) =>
        elements.flatMap((element) => {
          const texts = [...element.attributes].map(({ name, value }) => `${name}=${value}`);
          const own = [...element.childNodes].filter(({ nodeName }) => nodeName === "#text");
          texts.push(...own.map(({ textContent }) => textContent ?? ""));
          if ("value" in element) texts.push(`value=${String(element.value)}`);
          return texts
            .filter((text) => text.includes(".govern.invalid"))
            .map((text) => `${element.localName} ${text}`);
        }),
      )
      .catch(() => []);
    for (const one of found) troubles.sentinels.add(plain(one));
  }
}

/** Opens a page in a context and watches it. */
export async function watchPage(context: BrowserContext, own: string): Promise<WatchedPage> {
  const page = await context.newPage();
  const troubles: Troubles = {
    errors: [],
    console: [],
    requests: [],
    origins: new Set(),
    sentinels: new Set(),
  };
  page.on("pageerror", (error) => troubles.errors.push(plain(error.message)));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    const isLoad = message.text().startsWith("Failed to load resource");
    const of = isLoad ? ` ${new URL(message.location().url).pathname}` : "";
    troubles.console.push(plain(message.text() + of));
  });
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (/^(?:http|ws)/.test(protocol) && origin !== own) troubles.origins.add(origin);
  });
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText ?? "";
    troubles.requests.push(`${request.method()} ${plain(request.url())} ${why}`);
  });
  page.on("response", (response) => {
    if (response.status() < 400) return;
    const { pathname } = new URL(response.url());
    troubles.requests.push(
      `${response.request().method()} ${plain(pathname)} ${response.status()}`,
    );
  });
  return { page, troubles };
}
