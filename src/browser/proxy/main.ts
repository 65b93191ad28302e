/**
 * The proxy module: inlined before every chunk of a rewritten bundle that has a call site, it gives each site what
 * stands for its global or its SQL client, and stands itself in the page's globals for what was not rewritten. It owns
 * how a call waits in the page; it decides nothing and must not be trusted with anything: the sidecar is the boundary.
 */
import { governedFetch } from "./fetch.ts";
import { globalSite, natives, oncePerSite } from "./globals.ts";
import { keepAcrossReloads } from "./held.ts";
import { governedNeon } from "./neon.ts";
import { governedBeacon, governStream } from "./sockets.ts";
import { makeToken } from "./text-token.ts";
import { governXhr } from "./xhr.ts";

const name = "__govern";

function makeApi() {
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
    neon: governedNeon,
    text: makeToken,
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
}

// Every chunk carries this module; the first one to run is the one that stays.
if (!(name in globalThis)) {
  const api = makeApi();
  Object.defineProperty(globalThis, name, { value: Object.freeze(api) });
  standIn(api);
  keepAcrossReloads();
}
