/** What a browser does with redirects, cookies and plain forms, without one: for tests of what goes over the wire. */
import { request, type IncomingHttpHeaders } from "node:http";

export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface UserAgent {
  /** Cookies by host and port, by name. */
  readonly jar: Map<string, Map<string, string>>;
  /** One request, as a navigation, with the cookies of its host. */
  once(url: string | URL, sent?: Sent): Promise<Page>;
  /** Follows redirects to the last page. */
  open(url: string | URL, sent?: Sent): Promise<Page>;
  /** Sends the first form of a page, with what its inputs hold and `more`. */
  submit(page: Page, more?: Readonly<Record<string, string>>): Promise<Page>;
}

function unescapeHtml(text: string): string {
  return text.replaceAll("&amp;", "&").replaceAll("&quot;", '"').replaceAll("&#39;", "'");
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : unescapeHtml(value);
}

function keep(jar: Map<string, string>, set: readonly string[]): void {
  for (const cookie of set) {
    const [pair = "", ...attributes] = cookie.split(";");
    const cut = pair.indexOf("=");
    const name = pair.slice(0, cut);
    const isGone = attributes.some((one) =>
      /^\s*(?:max-age=0|expires=Thu, 01 Jan 1970.*)$/i.test(one),
    );
    if (isGone) jar.delete(name);
    else jar.set(name, pair.slice(cut + 1));
  }
}

export function createUserAgent(): UserAgent {
  const jar: UserAgent["jar"] = new Map();
  const cookiesOf = (url: URL): Map<string, string> => {
    const cookies = jar.get(url.host) ?? new Map<string, string>();
    jar.set(url.host, cookies);
    return cookies;
  };
  const agent: UserAgent = {
    jar,
    once(address, sent = {}) {
      const url = new URL(address);
      const cookies = cookiesOf(url);
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const headers = {
        host: url.host,
        accept: "text/html",
        "sec-fetch-dest": "document",
        ...(cookie === "" ? {} : { cookie }),
        ...sent.headers,
      };
      const where = { host: "127.0.0.1", port: url.port, path: `${url.pathname}${url.search}` };
      return new Promise((resolve, reject) => {
        const asked = request({ ...where, method: sent.method ?? "GET", headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            keep(cookies, response.headers["set-cookie"] ?? []);
            const text = Buffer.concat(chunks).toString("utf8");
            resolve({ url, status: response.statusCode ?? 0, headers: response.headers, text });
          });
        });
        asked.on("error", reject);
        asked.end(sent.body);
      });
    },
    async open(address, sent) {
      let page = await agent.once(address, sent);
      for (let hops = 0; hops < 20; hops += 1) {
        const { location, refresh } = page.headers;
        const next = location ?? /url=(.*)$/.exec(String(refresh ?? ""))?.[1];
        if (next === undefined) return page;
        page = await agent.once(new URL(next, page.url));
      }
      throw new Error(`${page.url.href} leads on and on`);
    },
    submit(page, more = {}) {
      const form = /<form[^>]*>/.exec(page.text)?.[0];
      if (form === undefined)
        throw new Error(`no form on ${page.url.href}: ${page.text.slice(0, 500)}`);
      const fields = new URLSearchParams();
      for (const [tag] of page.text.matchAll(/<input[^>]*>/g)) {
        const name = attribute(tag, "name");
        if (name !== undefined) fields.set(name, attribute(tag, "value") ?? "");
      }
      for (const [name, value] of Object.entries(more)) fields.set(name, value);
      return agent.open(new URL(attribute(form, "action") ?? page.url.href, page.url), {
        method: "POST",
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          origin: page.url.origin,
          "sec-fetch-site": "same-origin",
        },
        body: fields.toString(),
      });
    },
  };
  return agent;
}
