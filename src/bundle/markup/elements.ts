/** What the elements of a page ask for by themselves: their addresses, and how they are asked for. */
import type { DefaultTreeAdapterTypes } from "parse5";
import type { Body, Field } from "../../contract/operation.ts";
import { attribute } from "../files/html-scripts.ts";
import type { LoadKind } from "../recognizers/load-site.ts";

type Element = DefaultTreeAdapterTypes.Element;

export interface Asked {
  readonly recognizer: "forms" | "loads";
  readonly element: Element;
  /** The attribute that holds the address. */
  readonly name: string;
  readonly address: string;
  readonly kind: LoadKind;
  readonly method: "GET" | "POST";
  readonly body: Body;
  /** What a form that only asks puts into its query. */
  readonly query?: Readonly<Record<string, Field>>;
  /** Why the boundary does not answer it, whatever it is. */
  readonly refused?: string;
}

const noBody: Body = { type: "none" };

/** Attributes that the browser fetches, by tag. */
const loads: ReadonlyMap<string, readonly string[]> = new Map([
  ["img", ["src"]],
  ["audio", ["src"]],
  ["video", ["src", "poster"]],
  ["source", ["src"]],
  ["track", ["src"]],
  ["input", ["src"]],
]);

/** What an answer would be run as or shown in. */
const unserved: ReadonlyMap<string, readonly [name: string, as: string]> = new Map([
  ["script", ["src", "a script"]],
  ["iframe", ["src", "a frame"]],
  ["embed", ["src", "a frame"]],
  ["object", ["data", "a frame"]],
]);

function plainLoad(
  element: Element,
  name: string,
  parts: Pick<Asked, "kind"> & Partial<Asked>,
): Asked[] {
  const address = attribute(element, name);
  if (address === undefined) return [];
  const get = { method: "GET", body: noBody } as const;
  return [{ recognizer: "loads", element, name, address, ...get, ...parts }];
}

function linkLoads(element: Element): Asked[] {
  if (element.tagName === "link") {
    const isData = attribute(element, "as")?.toLowerCase() === "fetch";
    return isData ? plainLoad(element, "href", { kind: "loads" }) : [];
  }
  const saves = attribute(element, "download") !== undefined;
  return plainLoad(element, "href", { kind: saves ? "loads" : "goes" });
}

/** `<meta http-equiv="refresh" content="5; url=/next">`. */
function refresh(element: Element): Asked[] {
  if (attribute(element, "http-equiv")?.toLowerCase() !== "refresh") return [];
  const content = attribute(element, "content") ?? "";
  const address = /^[\s\d.]*[;,]\s*(?:url\s*=\s*)?(["']?)(.+?)\1\s*$/i.exec(content)?.[2];
  if (address === undefined) return [];
  return plainLoad(element, "content", { kind: "goes", address });
}

/** What sends a form, and the names under which its inputs are sent. */
const controls = /^(?:input|select|textarea|button)$/;

function isOf(element: Element, form: Element): boolean {
  const named = attribute(element, "form");
  if (named !== undefined) return named === attribute(form, "id");
  for (let at = element.parentNode; at !== null; at = "parentNode" in at ? at.parentNode : null) {
    if (at === form) return true;
  }
  return false;
}

function fieldsOf(form: Element, all: readonly Element[]): Record<string, Field> {
  const fields = new Map<string, Field>();
  for (const element of all) {
    const name = attribute(element, "name");
    if (!controls.test(element.tagName) || name === undefined || !isOf(element, form)) continue;
    const isMany =
      attribute(element, "multiple") !== undefined || attribute(element, "type") === "checkbox";
    if (name !== "" && name !== "__proto__")
      fields.set(name, isMany ? { list: "string" } : "string");
  }
  return Object.fromEntries(fields);
}

function encoded(encoding: string | undefined, fields: Record<string, Field>): Body {
  if (/^multipart\//i.test(encoding ?? "")) return { type: "multipart" };
  return /^text\/plain$/i.test(encoding ?? "")
    ? { type: "text" }
    : { type: "form", fields, open: true };
}

/** A form by its own attributes, or by those of a button that overrules them. */
function sent(form: Element, by: Element, all: readonly Element[]): Asked[] {
  const overrules = by !== form;
  const name = overrules ? "formaction" : "action";
  const address = attribute(by, name);
  if (address === undefined) return [];
  const own = (key: string): string | undefined =>
    (overrules ? attribute(by, `form${key}`) : undefined) ?? attribute(form, key);
  const fields = fieldsOf(form, all);
  const common = { recognizer: "forms", element: by, name, address, kind: "loads" } as const;
  return own("method")?.toLowerCase() === "post"
    ? [{ ...common, method: "POST", body: encoded(own("enctype"), fields) }]
    : [{ ...common, method: "GET", body: noBody, query: fields }];
}

function formsAround(element: Element, all: readonly Element[]): Asked[] {
  if (element.tagName === "form") return sent(element, element, all);
  if (attribute(element, "formaction") === undefined) return [];
  const form = all.find((one) => one.tagName === "form" && isOf(element, one));
  return form === undefined ? [] : sent(form, element, all);
}

/** Everything that the elements of a page ask for, or would when somebody clicks. */
export function askedBy(elements: readonly Element[]): Asked[] {
  return elements.flatMap((element): Asked[] => {
    const { tagName } = element;
    const [name, as] = unserved.get(tagName) ?? [];
    if (name !== undefined) {
      const refused = `what the boundary answers is never taken for ${as ?? "code"}`;
      return plainLoad(element, name, { kind: "loads", refused });
    }
    if (tagName === "meta") return refresh(element);
    if (tagName === "a" || tagName === "area" || tagName === "link") return linkLoads(element);
    const fetched = (loads.get(tagName) ?? []).flatMap((one) =>
      plainLoad(element, one, { kind: "loads" }),
    );
    return [...fetched, ...formsAround(element, elements)];
  });
}
