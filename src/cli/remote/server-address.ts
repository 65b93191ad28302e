/** The address of a sidecar's operator origin, as people give it. */
import { usageError } from "../failure.ts";
import { readTokens } from "./token-store.ts";

const loopback = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether an address is this machine's own: the only ones that are spoken to without TLS. */
export function isLoopback({ hostname }: URL): boolean {
  return loopback.test(hostname);
}

/** The origin of `--server URL`. */
export function parseServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url !== undefined && url.pathname === "/" && url.search === "" && url.username === "";
  if (!isOrigin || !/^https?:$/.test(url.protocol)) {
    throw usageError(
      `--server ${text} is no address of a server.`,
      "Give the operator origin, e.g. --server https://govern.acme.example.",
    );
  }
  if (url.protocol === "http:" && !isLoopback(url)) {
    throw usageError(
      `--server ${text} would send your token in the clear.`,
      "Give its https address.",
    );
  }
  return url.origin;
}

/** The server that was given, else the only one that somebody signed in to. */
export function serverOrOnly(given: string | undefined): string {
  if (given !== undefined) return given;
  const [only, ...others] = Object.keys(readTokens());
  if (only !== undefined && others.length === 0) return only;
  throw usageError(
    only === undefined
      ? "Nobody is signed in to any server."
      : "You are signed in to several servers.",
    only === undefined
      ? "Sign in with `govern login --server URL`."
      : "Say which one: --server URL.",
  );
}
