import { createContext, runInContext } from "node:vm";
import { elementGlobals, loadedAt } from "./recorded-elements.ts";

/** Where the page of a case stands. */
export const pageUrl = "https://console.acme.example/teams?tab=open#a/b";

/** One request that code made: through the page's own global, or through the proxy's function of a site. */
export interface RecordedCall {
  readonly by: string;
  readonly global: string;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: string;
}

export interface Run {
  readonly calls: readonly RecordedCall[];
  readonly result: string;
}

function textOfBody(body: unknown): string {
  if (body === undefined || body === null) return "";
  if (typeof body === "string") return body;
  if (body instanceof URLSearchParams) return `form ${body.toString()}`;
  if (body instanceof FormData) return `multipart ${JSON.stringify([...body])}`;
  return Object.prototype.toString.call(body);
}

class PageRequest extends Request {
  readonly given: unknown;

  constructor(input: string | URL | Request, init?: RequestInit) {
    super(input instanceof Request ? input : new URL(input, pageUrl), init);
    this.given = init?.body;
  }
}

type Note = (call: Omit<RecordedCall, "by">) => void;

function headerList(headers: unknown): string[] {
  return [...new Headers((headers ?? {}) as Record<string, string>)].map((pair) =>
    pair.join(": ").replace(/boundary=.*/, "boundary"),
  );
}

const answer = JSON.stringify([{ id: "7", url: "/api/given" }]);

function fakeFetch(note: Note) {
  return (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const request = input instanceof PageRequest ? input : undefined;
    if (new Headers(init.headers).has("neon-connection-string")) {
      // The driver's own request: what it asks for is what stands for it afterwards.
      const body = statementOf(JSON.parse(textOfBody(init.body)) as Asked);
      note({ global: "neon", method: "SQL", url: "", headers: [], body });
      return Promise.resolve(new Response(answer));
    }
    note({
      global: "fetch",
      method: (init.method ?? request?.method ?? "GET").toUpperCase(),
      url: request?.url ?? String(input),
      headers: headerList(init.headers ?? request?.headers),
      body: textOfBody(init.body ?? request?.given),
    });
    const headers = { "content-type": "application/json" };
    return Promise.resolve(new Response(answer, { headers }));
  };
}

function fakeXhr(note: Note) {
  return class XMLHttpRequest extends EventTarget {
    status = 0;
    readyState = 0;
    responseText = "";
    response = "";
    onload: ((event: Event) => void) | null = null;
    onloadend: ((event: Event) => void) | null = null;
    onreadystatechange: ((event: Event) => void) | null = null;
    private asked = { method: "", url: "" };
    private readonly headers = new Headers();

    open(method: string, url: string): void {
      this.asked = { method: method.toUpperCase(), url };
      this.readyState = 1;
    }

    setRequestHeader(name: string, value: string): void {
      this.headers.append(name, value);
    }

    send(body?: unknown): void {
      const { asked, headers } = this;
      note({
        global: "XMLHttpRequest",
        ...asked,
        headers: headerList(headers),
        body: textOfBody(body),
      });
      Object.assign(this, { status: 200, readyState: 4, responseText: answer, response: answer });
      queueMicrotask(() => {
        this.onreadystatechange?.(new Event("readystatechange"));
        this.onload?.(new Event("load"));
        this.onloadend?.(new Event("loadend"));
        this.dispatchEvent(new Event("load"));
        this.dispatchEvent(new Event("loadend"));
      });
    }
  };
}

function fakeStream(global: "WebSocket" | "EventSource", note: Note) {
  return class Stream extends EventTarget {
    readonly url: string;

    constructor(url: string | URL) {
      super();
      this.url = String(url);
      const method = global === "WebSocket" ? "WS" : "SSE";
      note({ global, method, url: this.url, headers: [], body: "" });
    }

    send(): void {
      this.dispatchEvent(new Event("sent"));
    }

    close(): void {
      this.dispatchEvent(new Event("close"));
    }
  };
}

function fakeBeacon(note: Note) {
  return (url: unknown, body?: unknown): boolean => {
    const method = "POST";
    note({ global: "sendBeacon", method, url: String(url), headers: [], body: textOfBody(body) });
    return true;
  };
}

function fakes(note: Note): Readonly<Record<string, unknown>> {
  return {
    fetch: fakeFetch(note),
    XMLHttpRequest: fakeXhr(note),
    WebSocket: fakeStream("WebSocket", note),
    EventSource: fakeStream("EventSource", note),
    sendBeacon: fakeBeacon(note),
  };
}

/** A statement as a driver numbers its values. */
function statementOf({ strings, text, values = [] }: Asked): string {
  const numbered = strings?.map((part, at) => (at < values.length ? `${part}$${at + 1}` : part));
  return JSON.stringify([
    (numbered?.join("") ?? text ?? "").replaceAll(/\s+/g, " ").trim(),
    values,
  ]);
}

interface Asked {
  readonly strings?: readonly string[];
  readonly text?: string;
  readonly values?: readonly unknown[];
}

/** A SQL client that notes what it is asked for. */
function fakeClient(note: (statement: string) => void): unknown {
  const ask = (asked: Asked): Promise<unknown> => {
    note(statementOf(asked));
    return Promise.resolve(JSON.parse(answer));
  };
  const sql = (strings: readonly string[], ...values: unknown[]): Promise<unknown> =>
    ask({ strings, values });
  return Object.assign(sql, {
    query: (text: string, values: readonly unknown[] = []) => ask({ text, values }),
  });
}

/** What the proxy module gives, reduced to what a case needs: for each site the fakes, noted under its id. */
function fakeProxy(calls: RecordedCall[]): object {
  const known = new Map<string, Readonly<Record<string, unknown>>>();
  const ofSite = (site: string): Readonly<Record<string, unknown>> => {
    const made = known.get(site) ?? fakes((call) => calls.push({ by: site, ...call }));
    known.set(site, made);
    return made;
  };
  const names = ["fetch", "XMLHttpRequest", "WebSocket", "EventSource", "sendBeacon"];
  return {
    ...Object.fromEntries(names.map((name) => [name, (site: string) => ofSite(site)[name]])),
    load: loadedAt,
    neon: (site: string) =>
      fakeClient((body) => {
        calls.push({ by: site, global: "neon", method: "SQL", url: "", headers: [], body });
      }),
  };
}

/** What a page has of Node's own globals. */
const own = {
  AbortController,
  Blob,
  Event,
  EventTarget,
  FormData,
  Headers,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  clearTimeout,
  queueMicrotask,
  setTimeout,
};

function pageGlobals(calls: RecordedCall[]): Record<string, unknown> {
  const { sendBeacon, ...natives } = fakes((call) => calls.push({ by: "native", ...call }));
  const { href, origin, host, hostname, protocol, pathname, search } = new URL(pageUrl);
  // A real hash begins with #, which would end the paths that cases put it into.
  const location = {
    href,
    origin,
    host,
    hostname,
    protocol,
    pathname,
    search,
    hash: "h7",
  };
  const made = elementGlobals((call) => calls.push(call), location);
  const element = {
    value: "typed",
    dataset: {},
    content: "/meta",
    addEventListener: () => undefined,
  };
  return {
    ...natives,
    navigator: { sendBeacon, userAgent: "fixture" },
    ...made,
    location,
    document: {
      location,
      createElement: made["makeElement"],
      head: { append: () => undefined },
      body: { append: () => undefined },
      visibilityState: "hidden",
      addEventListener: () => undefined,
      querySelector: () => element,
      getElementById: () => element,
    },
    localStorage: { getItem: () => "stored" },
    addEventListener: () => undefined,
    Request: PageRequest,
    ...own,
  };
}

async function settled(value: unknown): Promise<unknown> {
  try {
    return { gives: await value };
  } catch (error) {
    return { throws: String(error) };
  }
}

/**
 * Runs a fixture's own code in a page of fakes and gives the requests it made and how it ended. The code is a script whose
 * value is a promise.
 */
export async function runInPage(code: string): Promise<Run> {
  const calls: RecordedCall[] = [];
  const globals = pageGlobals(calls);
  const page = createContext(globals);
  // Like the proxy module it also stands in the page's own globals, as site s0.
  globals["makeGovern"] = (): object => {
    const { sendBeacon, ...governed } = fakes((call) => calls.push({ by: "s0", ...call }));
    Object.assign(globals, governed);
    Object.assign(globals["navigator"] as object, { sendBeacon });
    return fakeProxy(calls);
  };
  runInContext("window = self = parent = top = document.defaultView = globalThis", page);
  const value = ((): unknown => {
    try {
      return runInContext(code, page, { timeout: 2000 });
    } catch (error) {
      return Promise.reject(error);
    }
  })();
  const result = await settled(value);
  return { calls, result: JSON.stringify(result) };
}

/** The stand-in of the proxy module for such a page. */
export const recordingProxy = {
  proxy:
    '"use strict";(()=>{globalThis.__govern??=globalThis.makeGovern("__GOVERN_BUILD__")})();\n',
  version: "9.8.7",
};
