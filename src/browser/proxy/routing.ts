/** Where a call goes: its own path on the app's origin, or the governed path that stands for another origin. */
import { headers, paths } from "../../contract/wire.ts";
import { build, isPage } from "./globals.ts";
import { sha256Hex } from "./sha256.ts";

export interface Route {
  /** Where the request is sent. */
  readonly url: string;
  /** What the app sees as the address of the answer. */
  readonly shown: string;
  /** The app asked for another origin than its own. */
  readonly cross: boolean;
}

const originIds = new Map<string, string>();

function originId(origin: string): string {
  const id = originIds.get(origin) ?? sha256Hex(origin).slice(0, 8);
  originIds.set(origin, id);
  return id;
}

function parseUrl(input: string | URL): URL | null {
  try {
    return new URL(input, isPage ? document.baseURI : location.href);
  } catch {
    return null;
  }
}

/**
 * Maps an address. Null means that the browser's own function takes it as it is: `blob:`, `data:`, the boundary's own
 * paths, and what the browser refuses itself (no valid URL, a user name in it).
 */
export function routeTo(input: string | URL): Route | null {
  const url = parseUrl(input);
  if (!url || !/^(?:http|ws)s?:$/.test(url.protocol) || url.username || url.password) return null;
  const shown = url.href.slice(0, url.href.length - url.hash.length);
  let path = url.pathname + url.search;
  // A base that was replaced ends in a slash, whether or not its path begins with one.
  if (url.host.endsWith(".govern.invalid")) path = path.replace(/^\/+/, "/");
  const cross = url.origin.replace(/^ws/, "http") !== location.origin;
  if (cross) return { url: `${paths.http}${originId(url.origin)}${path}`, shown, cross };
  if (path.startsWith("/_govern/")) return null;
  return { url: path, shown, cross };
}

/** The governed address of something that the page loads itself; what is no address, or stays in the page, as it is. */
export function governedAddress(_site: string, address: unknown): unknown {
  if (typeof address !== "string" && !(address instanceof URL)) return address;
  return routeTo(address)?.url ?? address;
}

/** The hints that every governed request carries. */
export function hintsOf(site: string): [string, string][] {
  return [
    [headers.site, site],
    [headers.build, build],
  ];
}
