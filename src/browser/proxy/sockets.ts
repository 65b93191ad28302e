/**
 * Beacons, event streams and sockets go to their governed address, without hints: none can carry a header. The sidecar
 * refuses and records what it does not relay, and the browser's own class then fails as it does where no server is.
 */
import { natives, realm } from "./globals.ts";
import { routeTo } from "./routing.ts";

/** Stands for `navigator.sendBeacon`. */
export function governedBeacon(url: string | URL, data?: BodyInit | null): boolean {
  const route = routeTo(url);
  const send = natives.sendBeacon as Navigator["sendBeacon"];
  return send.call(realm.navigator, route ? route.url : url, data);
}

type Stream = new (url: string | URL, options?: never) => EventTarget & { readonly url: string };

/** Makes the class that stands for `EventSource` or `WebSocket`; its `url` is the one that the app gave. */
export function governStream<T extends Stream>(Native: T): T {
  return new Proxy(Native, {
    construct(target, [url, ...rest]: [string | URL, ...unknown[]], caller) {
      const route = routeTo(url);
      if (route === null) return Reflect.construct(target, [url, ...rest], caller) as object;
      const governed = new URL(route.url, location.href);
      if (route.shown.startsWith("ws")) governed.protocol = governed.protocol.replace("http", "ws");
      const stream = Reflect.construct(target, [governed, ...rest], caller) as object;
      return Object.defineProperty(stream, "url", { value: route.shown });
    },
  });
}
