/** Puts the proxy into a realm, a page's or a worker's: the functions for rewritten sites, and the stand-ins for its globals. */
import { governedFetch } from "./fetch.ts";
import { globalSite, natives, oncePerSite, realm } from "./globals.ts";
import { keepAcrossReloads } from "./held.ts";
import { governedAddress } from "./routing.ts";
import { governedBeacon, governStream } from "./sockets.ts";
import { governXhr } from "./xhr.ts";

const name = "__govern";

function makeApi(clients: object) {
  const { XMLHttpRequest: Xhr, EventSource: Source, WebSocket: Socket } = natives;
  const GovernedSource = Source && governStream(Source);
  const GovernedSocket = Socket && governStream(Socket);
  return {
    fetch: oncePerSite(
      (site): typeof fetch =>
        (...given) =>
          governedFetch(site, ...given),
    ),
    XMLHttpRequest: Xhr ? oncePerSite(governXhr(Xhr)) : (): undefined => undefined,
    WebSocket: () => GovernedSocket,
    EventSource: () => GovernedSource,
    sendBeacon: () => governedBeacon,
    load: governedAddress,
    ...clients,
  };
}

/** Takes the place of the page's own globals, in a page and in a worker. */
function standIn(api: ReturnType<typeof makeApi>): void {
  const globals = {
    fetch: api.fetch(globalSite),
    XMLHttpRequest: api.XMLHttpRequest(globalSite),
    WebSocket: api.WebSocket(),
    EventSource: api.EventSource(),
  };
  for (const [key, value] of Object.entries(globals)) {
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
  standIn(api);
  keepAcrossReloads();
}
