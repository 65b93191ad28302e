/** What import changes in a page: the proxy first in its head, its own policy removed, map comments of inline scripts. */
import { posix } from "node:path";
import type { DefaultTreeAdapterTypes } from "parse5";
import type { Bundle, BundleFile } from "../files/bundle.ts";
import { attribute, htmlElements } from "../files/html-scripts.ts";
import type { Splice } from "./splices.ts";

type Element = DefaultTreeAdapterTypes.Element;

/** A page, not a piece of one that a script fetches as text. */
function isPage(html: string): boolean {
  return /<(?:!doctype|html|head|body|script)\b/i.test(html);
}

function headStart(elements: readonly Element[], html: string): number {
  const tagEnd = (name: string): number | undefined =>
    elements.find((element) => element.tagName === name)?.sourceCodeLocation?.startTag?.endOffset;
  return tagEnd("head") ?? tagEnd("html") ?? /^\s*<!doctype[^>]*>/i.exec(html)?.[0].length ?? 0;
}

interface Prefix {
  /** What stands before a file's path in the page's own addresses: `/`, `./`, `/console/`. */
  readonly text: string;
  /** Folder of the script it was seen with. */
  readonly folder: string;
}

/** How the page addresses the bundle's files, as its own scripts and stylesheets show. */
function assetPrefix(elements: readonly Element[], bundle: Bundle, page: string): Prefix {
  for (const element of elements) {
    const url = attribute(element, element.tagName === "link" ? "href" : "src");
    if (url === undefined || /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(url)) continue;
    const path = url.replace(/[?#].*$/, "");
    const file = [...bundle.files.values()].find(
      ({ path: own, kind }) =>
        (kind === "script" || kind === "style") && (path === own || path.endsWith(`/${own}`)),
    );
    if (file === undefined) continue;
    const text = path.slice(0, path.length - file.path.length);
    return { text, folder: posix.dirname(file.path) };
  }
  const up = posix.relative(posix.dirname(page), ".");
  return { text: up === "" ? "./" : `${up}/`, folder: "." };
}

/**
 * The folder that an app expects to be served in, as its entry page's addresses of its own files show: `sub/` of
 * `/sub/assets/a.js`, empty for the root and for relative addresses.
 */
export function mountOf(bundle: Bundle, pages: readonly { path: string; html: string }[]): string {
  const entry = pages.find(({ path }) => path === "index.html");
  if (entry === undefined || !isPage(entry.html)) return "";
  const elements = htmlElements(entry.html);
  const base = elements.find(({ tagName }) => tagName === "base");
  const href = base === undefined ? undefined : attribute(base, "href");
  const { text } = assetPrefix(elements, bundle, entry.path);
  const mount = /^\.?\/?$/.test(text) ? (href ?? "") : text;
  return /^\/[^/?#:]+(?:\/[^/?#:]+)*\/$/.test(mount) ? mount.slice(1) : "";
}

/** The folder of the page's first script, where its proxy file is put beside. */
export function proxyFolder(
  bundle: Bundle,
  pages: readonly { path: string; html: string }[],
): string {
  const page = pages.find(({ html }) => isPage(html));
  return page === undefined ? "." : assetPrefix(htmlElements(page.html), bundle, page.path).folder;
}

/** A relative address is resolved against `<base>` only after it: the proxy is put behind it, unless a script is before. */
function insertionPoint(elements: readonly Element[], html: string): number {
  const base = elements.findIndex((element) => element.tagName === "base");
  const script = elements.findIndex((element) => element.tagName === "script");
  const after = elements[base]?.sourceCodeLocation?.endOffset;
  return after !== undefined && (script < 0 || base < script) ? after : headStart(elements, html);
}

function isPolicy(element: Element): boolean {
  return (
    element.tagName === "meta" &&
    attribute(element, "http-equiv")?.toLowerCase() === "content-security-policy"
  );
}

function policySplices(elements: readonly Element[]): Splice[] {
  return elements
    .filter(isPolicy)
    .flatMap(({ sourceCodeLocation: place }) =>
      place ? [{ start: place.startOffset, end: place.endOffset, text: "" }] : [],
    );
}

/**
 * The splices of one page.
 * @param proxyPath the proxy file's path in the bundle
 */
export function pageSplices(
  bundle: Bundle,
  page: BundleFile,
  html: string,
  proxyPath: string,
): Splice[] {
  if (!isPage(html)) return [];
  const elements = htmlElements(html);
  const source = `${assetPrefix(elements, bundle, page.path).text}${proxyPath}`;
  const at = insertionPoint(elements, html);
  const tag = `<script src="${source.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"></script>`;
  // The sidecar sends a policy of its own that is stricter; the app's would keep the page from the sidecar.
  return [{ start: at, end: at, text: tag }, ...policySplices(elements)];
}
