/** What pages, styles and the loaders of bundlers take from other origins, and workers that are made of texts. */
import type { Bundle, BundleFile } from "./bundle.ts";
import { attribute, htmlElements } from "./html-scripts.ts";
import { fileText } from "./read-bundle.ts";

const linkKinds: readonly (readonly [RegExp, string])[] = [
  [/stylesheet/i, "style"],
  [/icon/i, "img"],
  [/manifest/i, "manifest"],
  [/modulepreload/i, "script"],
  [/preconnect|dns-prefetch/i, "connect"],
];

const elementKinds: ReadonlyMap<string, string> = new Map([
  ["script", "script"],
  ["img", "img"],
  ["source", "media"],
  ["audio", "media"],
  ["video", "media"],
  ["iframe", "frame"],
  ["embed", "object"],
  ["object", "object"],
  ["form", "form"],
]);

/** What holds the address, if that is not `src`. */
const addressNames: ReadonlyMap<string, string> = new Map([
  ["link", "href"],
  ["object", "data"],
  ["form", "action"],
]);

/** One asset, where it is named. */
export interface ExternalAsset {
  readonly origin: string;
  readonly kind: string;
  readonly file: string;
  /** UTF-16 offset in the file's text. */
  readonly offset: number;
}

type Found = Omit<ExternalAsset, "file">;

export function originOf(reference: string | undefined): string | undefined {
  if (reference === undefined || !/^(?:https?:)?\/\//i.test(reference)) return undefined;
  const url = reference.startsWith("//") ? `https:${reference}` : reference;
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

function linkKind(element: Parameters<typeof attribute>[0]): string {
  const rel = attribute(element, "rel") ?? "";
  const as = attribute(element, "as");
  if (as === "font" || as === "script" || as === "style") return as;
  return linkKinds.find(([pattern]) => pattern.test(rel))?.[1] ?? "link";
}

function fromHtml(html: string): Found[] {
  return htmlElements(html).flatMap((element): Found[] => {
    const { tagName } = element;
    const kind = tagName === "link" ? linkKind(element) : elementKinds.get(tagName);
    const origin = originOf(attribute(element, addressNames.get(tagName) ?? "src"));
    if (kind === undefined || origin === undefined) return [];
    return [{ origin, kind, offset: element.sourceCodeLocation?.startOffset ?? 0 }];
  });
}

function fromStyle(css: string): Found[] {
  const loads = /(@import\s+)?(?:url\(\s*["']?([^"')\s]+)|(?<=@import\s)["']([^"']+))/gi;
  return [...css.matchAll(loads)].flatMap((match): Found[] => {
    const reference = match[2] ?? match[3];
    const origin = originOf(reference);
    if (origin === undefined) return [];
    const isFont = /\.(?:woff2?|ttf|otf|eot)(?:[?#]|$)/i.test(reference ?? "");
    const kind = match[1] || match[3] ? "style" : isFont ? "font" : "img";
    return [{ origin, kind, offset: match.index }];
  });
}

/** Where a bundler's runtime loads its chunks from: webpack's public path, and what vite puts before a file's name. */
const loaderBases =
  /\.p\s*=\s*["'`]((?:https?:)?\/\/[^"'`\s]+\/)["'`]|return\s*["'`]((?:https?:)?\/\/[^"'`\s]+\/)["'`]\s*\+\s*[\w$]+\s*[};]/g;

/** A worker from a text that stands in the script. */
const blobWorker =
  /createObjectURL[^]{0,600}?\bnew\s+(?:Shared)?Worker\b|\bnew\s+(?:Shared)?Worker\s*\([^()]{0,40}createObjectURL/;

function fromScript(code: string): Found[] {
  const bases = [...code.matchAll(loaderBases)].flatMap((match): Found[] => {
    const origin = originOf(match[1] ?? match[2]);
    return origin === undefined ? [] : [{ origin, kind: "script", offset: match.index }];
  });
  const worker = blobWorker.exec(code);
  return worker === null
    ? bases
    : [...bases, { origin: "blob:", kind: "worker", offset: worker.index }];
}

function assetsOf(file: BundleFile): Found[] {
  if (file.kind === "html") return fromHtml(fileText(file));
  if (file.kind === "style") return fromStyle(fileText(file));
  return file.kind === "script" ? fromScript(fileText(file)) : [];
}

/** External assets of a bundle as its files name them, each time. */
export function externalAssets(bundle: Bundle): ExternalAsset[] {
  return [...bundle.files.values()].flatMap((file) =>
    assetsOf(file).map((found) => ({ ...found, file: file.path })),
  );
}
