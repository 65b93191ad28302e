/** Elements, navigations and windows of a page of fakes: what they would ask for is noted as requests of the page are. */
import type { RecordedCall } from "./recorded-page.ts";

type Add = (call: RecordedCall) => void;

/** What the proxy gives in the place of an address: the site that it was asked by stands before it. */
export function loadedAt(site: string, address: unknown): string {
  return `loaded:${site}:${String(address)}`;
}

/** Notes what an element asks for: by its site, else by the page itself, whose own origin needs no rewriting. */
function noteLoad(add: Add, global: string, asked: { method: string; url: unknown }): void {
  const text = String(asked.url);
  const [, site = "", address = text] = /^loaded:(s\d+):(.*)$/.exec(text) ?? [];
  const isOwn = /^\/(?!\/)/.test(address);
  const by = site === "" ? (isOwn ? "page" : "native") : site;
  add({ by, global, method: asked.method, url: address, headers: [], body: "" });
}

const fetched = new Set(["img", "script", "iframe", "audio", "video"]);

class FakeElement {
  readonly localName: string;
  href = "";
  action = "";
  formAction = "";
  method = "get";
  readonly #add: Add;
  #src = "";

  constructor(tag: string, add: Add) {
    this.localName = tag;
    this.#add = add;
  }

  get src(): string {
    return this.#src;
  }

  set src(address: string) {
    this.#src = address;
    if (fetched.has(this.localName)) {
      noteLoad(this.#add, this.localName, { method: "GET", url: address });
    }
  }

  setAttribute(name: string, value: unknown): void {
    Reflect.set(this, name, value);
  }

  append(): void {
    this.#src ||= "";
  }

  click(): void {
    const { localName, href, formAction } = this;
    if (localName === "button") {
      noteLoad(this.#add, "button", { method: "POST", url: formAction });
    } else noteLoad(this.#add, "a", { method: "GET", url: href });
  }

  submit(): void {
    const { action, method } = this;
    noteLoad(this.#add, "form", { method: method.toUpperCase(), url: action });
  }

  requestSubmit(): void {
    this.submit();
  }
}

/** What a page has of elements: makers of them, a window to open, and a location that can be changed. */
export function elementGlobals(add: Add, location: { href: string }): Record<string, unknown> {
  const make = (tag: string, props: object = {}): FakeElement => {
    const made = new FakeElement(tag, add);
    for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
    return made;
  };
  const go = (url: unknown): void => noteLoad(add, "location", { method: "GET", url });
  const { href } = location;
  Object.defineProperty(location, "href", { get: () => href, set: go });
  Object.assign(location, { assign: go, replace: go });
  return {
    makeElement: make,
    Image: function Image(): FakeElement {
      return make("img");
    },
    open: (url: unknown): void => noteLoad(add, "open", { method: "GET", url }),
  };
}
