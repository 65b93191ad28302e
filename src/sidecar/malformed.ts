/** What is refused before it is a request: heads that two readers could read differently, and bytes that are no HTTP. */
import type { IncomingMessage } from "node:http";

/** Headers that a request may have. Node drops those beyond its own limit, so that limit is one more. */
export const maxHeaders = 100;

function countHosts(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === "host") hosts += 1;
  }
  return hosts;
}

/** Whether a header is absent or has the one value that is known. */
const isPlain = (value: string | undefined, known: string): boolean =>
  value === undefined || value.toLowerCase() === known;

/** Why a head is not taken, though the parser took it (RFC 9112 3.2 and 6.1); undefined for one that is. */
export function headFault({ rawHeaders, headers, url }: IncomingMessage): string | undefined {
  if (rawHeaders.length > 2 * maxHeaders) return "there are too many headers";
  const hosts = countHosts(rawHeaders);
  if (hosts !== 1) return hosts === 0 ? "there is no host" : "there are several hosts";
  if (!isPlain(headers["transfer-encoding"], "chunked")) return "its coding is not known";
  if (!isPlain(headers.expect, "100-continue")) return "what it expects is not known";
  return url?.startsWith("/") === true ? undefined : "its target is no path";
}

/** How a connection is ended that the parser gave up on; undefined where the other side went away. */
export function clientFault(
  error: Error,
): { readonly status: string; readonly why: string } | undefined {
  const code = "code" in error ? String(error.code) : "";
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return { status: "408 Request Timeout", why: "it did not arrive in time" };
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return { status: "431 Request Header Fields Too Large", why: "its headers are too long" };
  }
  if (code === "HPE_INVALID_EOF_STATE" || !code.startsWith("HPE_")) return undefined;
  return { status: "400 Bad Request", why: `it is no HTTP request (${code})` };
}
