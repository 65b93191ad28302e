/** What pages, styles and the loaders of bundlers take from other origins, and workers that are made of texts. */
import type { External } from "../../contract/build.ts";
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
]);

function originOf(reference: string | undefined): string | undefined {
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

function fromHtml(html: string): { origin: string; kind: string }[] {
  const found: { origin: string; kind: string }[] = [];
  for (const element of htmlElements(html)) {
    const isLink = element.tagName === "link";
    const kind = isLink ? linkKind(element) : elementKinds.get(element.tagName);
    if (kind === undefined) continue;
    const origin = originOf(attribute(element, isLink ? "href" : "src"));
    if (origin !== undefined) found.push({ origin, kind });
  }
  return found;
}

function fromStyle(css: string): { origin: string; kind: string }[] {
  const found: { origin: string; kind: string }[] = [];
  const loads = /(@import\s+)?(?:url\(\s*["']?([^"')\s]+)|(?<=@import\s)["']([^"']+))/gi;
  for (const match of css.matchAll(loads)) {
    const reference = match[2] ?? match[3];
    const origin = originOf(reference);
    if (origin === undefined) continue;
    const isFont = /\.(?:woff2?|ttf|otf|eot)(?:[?#]|$)/i.test(reference ?? "");
    found.push({ origin, kind: match[1] || match[3] ? "style" : isFont ? "font" : "img" });
  }
  return found;
}

/** Where a bundler's runtime loads its chunks from: webpack's public path, and what vite puts before a file's name. */
const loaderBases =
  /\.p\s*=\s*["'`]((?:https?:)?\/\/[^"'`\s]+\/)["'`]|return\s*["'`]((?:https?:)?\/\/[^"'`\s]+\/)["'`]\s*\+\s*[\w$]+\s*[};]/g;

/** A worker from a text that stands in the script. */
const blobWorker =
  /createObjectURL[^]{0,600}?\bnew\s+(?:Shared)?Worker\b|\bnew\s+(?:Shared)?Worker\s*\([^()]{0,40}createObjectURL/;

function fromScript(code: string): { origin: string; kind: string }[] {
  const bases = [...code.matchAll(loaderBases)].flatMap(([, webpack, vite]) => {
    const origin = originOf(webpack ?? vite);
    return origin === undefined ? [] : [{ origin, kind: "script" }];
  });
  return blobWorker.test(code) ? [...bases, { origin: "blob:", kind: "worker" }] : bases;
}

function assetsOf(file: BundleFile): { origin: string; kind: string }[] {
  if (file.kind === "html") return fromHtml(fileText(file));
  if (file.kind === "style") return fromStyle(fileText(file));
  return file.kind === "script" ? fromScript(fileText(file)) : [];
}

/** External assets of a bundle, each origin and kind once per file. */
export function externalAssets(bundle: Bundle): External[] {
  const found = new Map<string, External>();
  for (const file of bundle.files.values()) {
    for (const { origin, kind } of assetsOf(file)) {
      found.set(`${file.path} ${kind} ${origin}`, { origin, kind, file: file.path });
    }
  }
  return [...found.keys()].toSorted().map((key) => found.get(key) as External);
}
