/**
 * Upstream identity `passthrough`: the app user's own credentials go to this upstream and nowhere else: the Authorization
 * header and cookies of the page, and the cookies that the upstream itself set, which no page gets to see (RFC 6265). They
 * are held in memory alone, for one session of one person each.
 */
import { getSetCookies, Headers, type Cookie } from "undici";
import type { ConnectorCall } from "../connector.ts";
import type { UpstreamIdentity } from "./upstream-identity.ts";

const mostSessions = 10_000;
const mostCookies = 50;
const longestCookie = 4096;

interface Kept {
  readonly value: string;
  readonly path: string;
  readonly until: number;
}

type Jar = Map<string, Kept>;

/** RFC 6265 5.1.4. */
function defaultPath(path: string): string {
  const pathname = path.split("?")[0] ?? "/";
  const cut = pathname.lastIndexOf("/");
  return cut <= 0 ? "/" : pathname.slice(0, cut);
}

function isBelow(path: string, cookiePath: string): boolean {
  const pathname = path.split("?")[0] ?? "/";
  if (pathname === cookiePath) return true;
  return pathname.startsWith(cookiePath.endsWith("/") ? cookiePath : `${cookiePath}/`);
}

function untilOf({ maxAge, expires }: Cookie, now: number): number {
  if (maxAge !== undefined && maxAge !== null) return now + maxAge * 1000;
  if (expires === undefined || expires === null) return Number.POSITIVE_INFINITY;
  return new Date(expires).getTime();
}

class Passthrough implements UpstreamIdentity {
  readonly #host: string;
  readonly #now: () => number;
  readonly #jars = new Map<string, Jar>();

  constructor(upstream: URL, now: () => number) {
    this.#host = upstream.hostname;
    this.#now = now;
  }

  async headersFor({ caller }: ConnectorCall, path: string): Promise<Record<string, string>> {
    const { authorization, cookie } = caller?.credentials ?? { authorization: null, cookie: null };
    const own = caller === undefined ? [] : this.#cookiesFor(caller.session, path);
    const names = new Set(own.map((pair) => pair.slice(0, pair.indexOf("="))));
    const sent = (cookie ?? "")
      .split("; ")
      .filter((pair) => pair !== "" && !names.has(pair.slice(0, pair.indexOf("="))));
    const cookies = [...sent, ...own].join("; ");
    return {
      ...(authorization === null ? {} : { authorization }),
      ...(cookies === "" ? {} : { cookie: cookies }),
    };
  }

  #cookiesFor(session: string, path: string): string[] {
    const jar = this.#jars.get(session);
    const now = this.#now();
    return [...(jar ?? [])]
      .filter(([, kept]) => kept.until > now && isBelow(path, kept.path))
      .map(([name, { value }]) => `${name}=${value}`);
  }

  keep({ caller }: ConnectorCall, path: string, setCookies: readonly string[]): void {
    if (caller === undefined || setCookies.length === 0) return;
    const headers = new Headers();
    for (const text of setCookies)
      if (text.length <= longestCookie) headers.append("set-cookie", text);
    const jar: Jar = this.#jars.get(caller.session) ?? new Map();
    for (const cookie of getSetCookies(headers)) this.#put(jar, cookie, path);
    this.#jars.delete(caller.session);
    const oldest = this.#jars.size >= mostSessions ? this.#jars.keys().next() : undefined;
    if (oldest?.done === false) this.#jars.delete(oldest.value);
    this.#jars.set(caller.session, jar);
  }

  /** One that is for another host than the upstream is dropped. */
  #put(jar: Jar, cookie: Cookie, path: string): void {
    const domain = cookie.domain?.replace(/^\./, "").toLowerCase();
    if (domain !== undefined && domain !== this.#host && !this.#host.endsWith(`.${domain}`)) return;
    const until = untilOf(cookie, this.#now());
    jar.delete(cookie.name);
    if (until <= this.#now() || jar.size >= mostCookies) return;
    const kept = cookie.path?.startsWith("/") === true ? cookie.path : defaultPath(path);
    jar.set(cookie.name, { value: cookie.value, path: kept, until });
  }
}

export function passthroughIdentity(upstream: URL, now: () => number = Date.now): UpstreamIdentity {
  return new Passthrough(upstream, now);
}
