/** Header hygiene: which headers of a resource's answer may reach a page. */

/** Never `set-cookie`, `govern-*`, hop-by-hop, CORS or policy headers: what is not listed is dropped. */
const relayed = new Set([
  "content-type",
  "content-language",
  "content-disposition",
  "content-range",
  "accept-ranges",
  "etag",
  "last-modified",
  "link",
  "retry-after",
  "date",
  "deprecation",
  "sunset",
  "preference-applied",
]);

/** Headers of an API's own, by their usual prefix: request ids, paging, rate limits. */
const relayedPrefix =
  /^(?:x-(?!accel-|sendfile|litespeed|lighttpd|dns-|frame-|xss-|content-|forwarded|real-|powered|permitted)|ratelimit)/;

function isRelayed(name: string): boolean {
  return relayed.has(name) || relayedPrefix.test(name);
}

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const unsafe = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** An answer is data: opened as a document it runs nothing and is nobody's frame. */
const answerPolicy = [
  ["cache-control", "no-store"],
  ["x-content-type-options", "nosniff"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"],
  ["referrer-policy", "same-origin"],
] as const;

/** The headers of a resource's answer as a page gets them; never stored by a cache. */
export function cleanHeaders(
  headers: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  const kept = headers.filter(([name, value]) => isRelayed(name) && !unsafe.test(value));
  return [...kept, ...answerPolicy];
}
