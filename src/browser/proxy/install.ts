/** Puts the proxy into a realm, a page's or a worker's: the functions for rewritten sites, and the stand-ins for its globals. */
import { governedFetch } from "./fetch.ts";
import { globalSite, natives, oncePerSite, realm } from "./globals.ts";
import { keepAcrossReloads } from "./held.ts";
import { governedAddress } from "./routing.ts";
import { governedBeacon, governStream } from "./sockets.ts";
import { governXhr } from "./xhr.ts";

const name = "__govern";

type Replaced = "fetch" | "XMLHttpRequest" | "WebSocket" | "EventSource";

/** What stands over the page's globals. */
const standIns: Partial<Record<Replaced, unknown>> = {};

/**
 * What a site's reference gives: its own function, or what the app has put over the global since. An app that wraps `fetch`
 * to add a header must find its wrapper at each call, and the function before it in the wrapper.
 */
function orPatched<T>(global: Replaced, make: (site: string) => T): (site: string) => T {
  const own = oncePerSite(make);
  standIns[global] = own(globalSite);
  return (site) => {
    const now: unknown = Reflect.get(globalThis, global);
    return now === standIns[global] ? own(site) : (now as T);
  };
}

function makeApi(clients: object) {
  const { XMLHttpRequest: Xhr, EventSource: Source, WebSocket: Socket } = natives;
  const GovernedSource = Source && governStream(Source);
  const GovernedSocket = Socket && governStream(Socket);
  return {
    fetch: orPatched(
      "fetch",
      (site): typeof fetch =>
        (...given) =>
          governedFetch(site, ...given),
    ),
    XMLHttpRequest: orPatched("XMLHttpRequest", Xhr ? governXhr(Xhr) : () => undefined),
    WebSocket: orPatched("WebSocket", () => GovernedSocket),
    EventSource: orPatched("EventSource", () => GovernedSource),
    sendBeacon: () => governedBeacon,
    load: governedAddress,
    ...clients,
  };
}

/** Takes the place of the page's own globals, in a page and in a worker. */
function standIn(): void {
  for (const [key, value] of Object.entries(standIns)) {
    if (value) Object.assign(globalThis, { [key]: value });
  }
  if (natives.sendBeacon) Navigator.prototype.sendBeacon = governedBeacon;
  // The boundary serves no service worker: an app hears nothing of it, as it must bear where the network is slow.
  const { ServiceWorkerContainer: Container } = realm;
  if (Container) Container.prototype.register = () => new Promise(() => undefined);
}

/** Installs the proxy with the stand-ins of SQL clients. Every chunk carries it; the first one to run is the one that stays. */
export function install(clients: object): void {
  if (name in globalThis) return;
  const api = makeApi(clients);
  Object.defineProperty(globalThis, name, { value: Object.freeze(api) });
  standIn();
  keepAcrossReloads();
}
