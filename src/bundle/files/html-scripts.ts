/** The scripts of an html file: inline ones and handlers with their place in the file, and how it refers to script files. */
import { posix } from "node:path";
import { parse, type DefaultTreeAdapterTypes } from "parse5";
import { valueOffsets, valueRun } from "./attributes.ts";
import type { Script } from "./bundle.ts";
import type { ReferencedType } from "./script-type.ts";

type Element = DefaultTreeAdapterTypes.Element;

export interface HtmlScripts {
  readonly inline: readonly Script[];
  /** By path in the bundle. */
  readonly referenced: ReadonlyMap<string, ReferencedType>;
}

const javascript =
  /^(?:|module|(?:text|application)\/(?:x-)?(?:java|ecma)script|text\/jscript)\s*(?:;.*)?$/i;

/** Every element of a document in document order, templates included. */
export function htmlElements(html: string): Element[] {
  const elements: Element[] = [];
  const waiting: DefaultTreeAdapterTypes.Node[] = [parse(html, { sourceCodeLocationInfo: true })];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if ("tagName" in node) elements.push(node);
    if ("content" in node) waiting.push(node.content);
    if ("childNodes" in node) for (const child of node.childNodes.toReversed()) waiting.push(child);
  }
  return elements;
}

/** The value of an attribute, or undefined. */
export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((attr) => attr.name === name)?.value;
}

/** The path in the bundle that a reference of a page means, or undefined if it leaves the bundle. */
export function bundlePath(page: string, reference: string): string | undefined {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(reference)) return undefined;
  const clean = reference.replace(/[?#].*$/, "");
  const joined = clean.startsWith("/")
    ? posix.normalize(clean.slice(1))
    : posix.normalize(posix.join(posix.dirname(page), clean));
  return joined.startsWith("../") ? undefined : joined;
}

function inlineScript(path: string, html: string, element: Element): Script | null {
  const type = attribute(element, "type") ?? "";
  const text = element.childNodes[0];
  if (!javascript.test(type.trim()) || text?.nodeName !== "#text") return null;
  const location = text.sourceCodeLocation;
  if (location === null || location === undefined) return null;
  const code = html.slice(location.startOffset, location.endOffset);
  if (code.trim() === "") return null;
  const isModule = type.trim().toLowerCase() === "module";
  return { file: path, offset: location.startOffset, code, type: isModule ? "module" : "classic" };
}

const handler = /^on[a-z]+$/;

/** The code of an attribute, from where it begins in the value; undefined for one that holds none. */
function codeStart(element: Element, name: string, value: string): number | undefined {
  if (handler.test(name)) return value.trim() === "" ? undefined : 0;
  const isLink = name === "href" && (element.tagName === "a" || element.tagName === "area");
  return isLink ? /^\s*javascript:/i.exec(value)?.[0].length : undefined;
}

/** Handlers, and links that run code: the code of attributes. */
function attributeScripts(path: string, html: string, element: Element): Script[] {
  return element.attrs.flatMap(({ name, value }): Script[] => {
    const start = codeStart(element, name, value);
    const run = start === undefined ? undefined : valueRun(html, element, name);
    if (start === undefined || run === undefined) return [];
    const offsets = valueOffsets(html, run, value)?.slice(start);
    const code = value.slice(start);
    const [offset = run.start] = offsets ?? [];
    return [{ file: path, offset, code, type: "handler", ...(offsets && { offsets }) }];
  });
}

function referenceOf(element: Element): { href: string; type: ReferencedType } | null {
  if (element.tagName === "script") {
    const src = attribute(element, "src");
    const type = (attribute(element, "type") ?? "").trim();
    if (src === undefined || !javascript.test(type)) return null;
    return { href: src, type: type.toLowerCase() === "module" ? "module" : "classic" };
  }
  const href = attribute(element, "href");
  const rel = attribute(element, "rel") ?? "";
  if (element.tagName !== "link" || href === undefined) return null;
  return /\bmodulepreload\b/i.test(rel) ? { href, type: "module" } : null;
}

/** Reads the scripts of an html file; html has no syntax errors, so it never fails. */
export function htmlScripts(path: string, html: string): HtmlScripts {
  const inline: Script[] = [];
  const referenced = new Map<string, ReferencedType>();
  for (const element of htmlElements(html)) {
    inline.push(...attributeScripts(path, html, element));
    const refers = referenceOf(element);
    if (refers !== null) {
      const target = bundlePath(path, refers.href);
      if (target !== undefined) referenced.set(target, refers.type);
    } else if (element.tagName === "script") {
      const script = inlineScript(path, html, element);
      if (script !== null) inline.push(script);
    }
  }
  return { inline, referenced };
}
