/** The browser's own functions, kept before anything stands in for them, and how a stand-in is made once per site. */

/** What this realm has: a worker lacks some of it. */
type Realm = Partial<
  Pick<
    typeof globalThis,
    | "XMLHttpRequest"
    | "WebSocket"
    | "EventSource"
    | "ServiceWorkerContainer"
    | "document"
    | "navigator"
  >
>;
export const realm: Realm = globalThis;

/** The natives. Nothing in this module reaches the network by another way. */
export const natives = {
  fetch: globalThis.fetch.bind(globalThis),
  setTimeout: globalThis.setTimeout.bind(globalThis),
  XMLHttpRequest: realm.XMLHttpRequest,
  EventSource: realm.EventSource,
  WebSocket: realm.WebSocket,
  // oxlint-disable-next-line typescript/unbound-method -- called on the navigator
  sendBeacon: realm.navigator?.sendBeacon,
};

/** True in a page, false in a worker. */
export const isPage = realm.document !== undefined;

/** Digest of the bundle that carries this module; the import writes it in place of the constant. */
export const build = "__GOVERN_BUILD__";

/** The site that stands for every call through the page's globals. */
export const globalSite = "s0";

/** Makes one stand-in per site, so that the same reference always gives the same function. */
export function oncePerSite<T>(make: (site: string) => T): (site: string) => T {
  const made = new Map<string, T>();
  return (site) => {
    const known = made.get(site);
    if (known !== undefined) return known;
    const fresh = make(site);
    made.set(site, fresh);
    return fresh;
  };
}

/** Resolves after a pause that the page's own patches of `setTimeout` cannot change. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    natives.setTimeout(resolve, milliseconds);
  });
}
