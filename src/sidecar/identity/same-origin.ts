/** Tells whether a request was made by the origin it arrived at. Browsers set these headers; scripts cannot. */

export interface OriginProof {
  readonly method: string;
  readonly headers: ReadonlyMap<string, string>;
}

const safeMethods = new Set(["GET", "HEAD"]);

function isOwnNavigation({ method, headers }: OriginProof): boolean {
  return safeMethods.has(method) && headers.get("sec-fetch-dest") === "document";
}

/**
 * `Sec-Fetch-Site: same-origin`, or `none` for a document that the person opened; without that header the exact `Origin`;
 * without either only a request that changes nothing (Fetch Metadata, W3C).
 */
export function isSameOrigin(request: OriginProof, ownOrigin: string): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== undefined) {
    return site === "same-origin" || (site === "none" && isOwnNavigation(request));
  }
  const origin = request.headers.get("origin");
  return origin === undefined ? safeMethods.has(request.method) : origin === ownOrigin;
}

/**
 * Whether a program names its caller by a token: nothing that a browser sends or attaches by itself is there (no cookie, no
 * origin, no fetch metadata), so that no page can have forged it.
 */
export function isByToken({ headers }: OriginProof): boolean {
  const none = ["cookie", "origin", "sec-fetch-site"].every((name) => !headers.has(name));
  return none && /^bearer /i.test(headers.get("authorization") ?? "");
}
