/** Names that change what a request means to some upstreams. Where an operation does not register them, nobody sends them. */
import type { JsonValue } from "../../contract/canonical-json.ts";

const override = /^(?:_method|(?:x-)?http-method(?:-override)?|x-method(?:-override)?)$/i;

/** Headers that say another method than the request's own. */
export const overrideHeaders = [
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
] as const;

/** Headers by which proxies tell upstreams who is calling, and from where: the caller's own are no word of a proxy. */
export const proxyHeaders =
  /^(?:forwarded|via|true-client-ip|fastly-client-ip|cf-connecting-ip|cf-access-.*|remote-user|x-(?:forwarded|original|rewrite|real|remote|client-ip|cluster-client|auth-request|webauth|amzn-oidc|goog-iap|goog-authenticated-user|ms-client-principal|envoy|pomerium)(?:-.*)?)$/;

/** `__proto__`, also as one step of a path such as `a[__proto__][b]`, which parsers of queries follow. */
function isPrototypePath(name: string): boolean {
  const steps = name.split(/[.[\]]+/);
  if (steps.includes("__proto__")) return true;
  const at = steps.indexOf("constructor");
  return at >= 0 && steps[at + 1] === "prototype";
}

/** Whether a key that no operation registers is not taken even where the set of keys is open. */
export function isReservedKey(name: string): boolean {
  return override.test(name) || isPrototypePath(name);
}

/** Whether a value leads to the prototype of what an upstream makes of it. */
export function reachesPrototype(value: JsonValue): boolean {
  if (value === null || typeof value !== "object") return false;
  if (Array.isArray(value)) return value.some(reachesPrototype);
  return Object.entries(value).some(([name, member]) => {
    const isOwn =
      member !== null && typeof member === "object" && Object.hasOwn(member, "prototype");
    return name === "__proto__" || (name === "constructor" && isOwn) || reachesPrototype(member);
  });
}
