/** `XMLHttpRequest` through the boundary: a real subclass, whose exchanges are those of xhr-exchange.ts. */
import { headers as names } from "../../contract/wire.ts";
import {
  filterEvent,
  giveUp,
  keep,
  keptOf,
  limitTime,
  native,
  readNative,
  type Kept,
} from "./xhr-exchange.ts";
import { hintsOf, routeTo } from "./routing.ts";

const eventTypes = "readystatechange loadstart progress load error timeout abort loadend".split(
  " ",
);

/** What the app sees of a property, given what the browser has. */
type Shown = (value: unknown, own: Kept, xhr: XMLHttpRequest) => unknown;

const blankWhileHidden =
  (blank: unknown): Shown =>
  (value, { hidden }) =>
    hidden ? blank : value;

const shownProperties: Record<string, Shown> = {
  readyState: (value, { hidden, shown }) => shown ?? (hidden ? 1 : value),
  status: blankWhileHidden(0),
  statusText: blankWhileHidden(""),
  responseText: blankWhileHidden(""),
  responseXML: blankWhileHidden(null),
  response: (value, { hidden }, { responseType }) =>
    hidden ? (/^(?:text)?$/.test(responseType) ? "" : null) : value,
  responseURL: (value, { hidden, route, ticket }) => {
    if (hidden || !value) return "";
    return route && (route.cross || ticket !== null) ? route.shown : value;
  },
};

function defineShown(prototype: XMLHttpRequest): void {
  for (const [property, shown] of Object.entries(shownProperties)) {
    Object.defineProperty(prototype, property, {
      configurable: true,
      enumerable: true,
      get(this: XMLHttpRequest) {
        return shown(readNative(this, property), keptOf(this), this);
      },
    });
  }
}

/** Tells an abort as the browser does; it has nothing to abort itself while a person decides. */
function tellAbort(xhr: XMLHttpRequest): void {
  const own = keptOf(xhr);
  own.shown = 4;
  xhr.dispatchEvent(new Event("readystatechange"));
  xhr.dispatchEvent(new ProgressEvent("abort"));
  xhr.dispatchEvent(new ProgressEvent("loadend"));
  own.shown = null;
}

/** Makes the class that stands for `XMLHttpRequest`, and gives each site its own name for it. */
export function governXhr(Native: typeof XMLHttpRequest): (site: string) => typeof XMLHttpRequest {
  class GovernedXhr extends Native {
    constructor() {
      super();
      keep(this);
      // Capturing listeners run before others, and these are the first of them.
      for (const type of eventTypes) this.addEventListener(type, (e) => filterEvent(this, e), true);
    }

    override open(...given: unknown[]): void {
      const own = keptOf(this);
      giveUp(own);
      own.method = String(given[0]);
      own.route = routeTo(given[1] as string);
      own.sync = given.length > 2 && !given[2];
      own.headers = [];
      if (own.route) given[1] = own.route.url;
      native.open.apply(this, given as unknown as Parameters<XMLHttpRequest["open"]>);
      if (!own.sync) limitTime(this, own.timeout);
    }

    override setRequestHeader(name: string, value: string): void {
      native.setRequestHeader.call(this, name, value);
      keptOf(this).headers.push([name, value]);
    }

    override send(body: XMLHttpRequestBodyInit | Document | null = null): void {
      const own = keptOf(this);
      const hints: [string, string][] = own.route ? hintsOf(own.site) : [];
      if (own.route && own.sync) hints.push([names.sync, "1"]);
      for (const hint of hints) native.setRequestHeader.apply(this, hint);
      own.headers.push(...hints);
      own.body = body;
      native.send.call(this, body);
    }

    override abort(): void {
      const own = keptOf(this);
      const isUntold = own.hidden && readNative(this, "readyState") === 4;
      giveUp(own);
      native.abort.call(this);
      if (isUntold) tellAbort(this);
    }

    override get timeout(): number {
      return keptOf(this).timeout;
    }

    override set timeout(value: number) {
      const own = keptOf(this);
      if (own.ticket === null) limitTime(this, value);
      own.timeout = value >>> 0;
    }

    override getResponseHeader(name: string): string | null {
      return keptOf(this).hidden ? null : native.getResponseHeader.call(this, name);
    }

    override getAllResponseHeaders(): string {
      return keptOf(this).hidden ? "" : native.getAllResponseHeaders.call(this);
    }
  }
  Object.defineProperty(GovernedXhr, "name", { value: "XMLHttpRequest" });
  defineShown(GovernedXhr.prototype);
  return (site) => nameForSite(GovernedXhr, site);
}

/**
 * Another name for the one class: prototype, statics, `instanceof` and what the app patches on it are shared by all
 * sites, and only who made a request differs.
 */
function nameForSite(Governed: typeof XMLHttpRequest, site: string): typeof XMLHttpRequest {
  const named: typeof XMLHttpRequest = new Proxy(Governed, {
    construct(target, given, caller) {
      const xhr = Reflect.construct(
        target,
        given,
        caller === named ? target : caller,
      ) as XMLHttpRequest;
      keptOf(xhr).site = site;
      return xhr;
    },
  });
  return named;
}
