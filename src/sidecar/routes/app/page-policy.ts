/** The headers of an app's files: what its pages may load and where they may connect. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "helmet";
import { parse, type DefaultTreeAdapterTypes } from "parse5";
import { paths } from "../../../contract/wire.ts";
import type { App } from "../../../contract/workspace.ts";

type Node = DefaultTreeAdapterTypes.Node;

function isInlineScript(node: Node): node is DefaultTreeAdapterTypes.Element {
  return (
    node.nodeName === "script" &&
    "attrs" in node &&
    !node.attrs.some((attribute) => attribute.name === "src")
  );
}

function textOf(node: DefaultTreeAdapterTypes.Element): string {
  return node.childNodes.map((child) => ("value" in child ? child.value : "")).join("");
}

/** What runs in a page beside files: scripts, and what attributes hold. */
interface Inline {
  readonly scripts: string[];
  readonly handlers: string[];
}

/** Event handlers, and addresses of links that run code: a policy knows these by the whole address, as it is parsed. */
function handlersOf({ tagName, attrs }: DefaultTreeAdapterTypes.Element): string[] {
  return attrs.flatMap(({ name, value }) => {
    if (/^on[a-z]+$/.test(name)) return [value];
    const isCode =
      name === "href" && /^(?:a|area)$/.test(tagName) && /^\s*javascript:/i.test(value);
    return isCode && URL.canParse(value) ? [new URL(value).href] : [];
  });
}

function collectInline(node: Node, found: Inline): void {
  if (isInlineScript(node)) found.scripts.push(textOf(node));
  if ("attrs" in node) found.handlers.push(...handlersOf(node));
  if ("childNodes" in node) for (const child of node.childNodes) collectInline(child, found);
  if ("content" in node) collectInline(node.content, found);
}

function hashesOf(texts: readonly string[]): string[] {
  const hashes = texts.map(
    (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`,
  );
  return [...new Set(hashes)].toSorted();
}

/**
 * CSP sources of what is inline in an app's pages, as they were emitted: scripts, import maps included, and the handlers
 * of elements, which a policy lets run by `unsafe-hashes` alone (CSP3 8.3): these texts and no others.
 */
function inlineSources(web: string): readonly string[] {
  const found: Inline = { scripts: [], handlers: [] };
  for (const file of readdirSync(web, { recursive: true, encoding: "utf8" })) {
    if (/\.html?$/i.test(file)) collectInline(parse(readFileSync(join(web, file), "utf8")), found);
  }
  const sources = hashesOf([...found.scripts, ...found.handlers]);
  return found.handlers.length > 0 ? ["'unsafe-hashes'", ...sources] : sources;
}

function originsOf(list: readonly { readonly origin: string }[] | undefined): string[] {
  return (list ?? []).map(({ origin }) => origin);
}

/** The directives for one app: its own origin, its own inline scripts, and the exceptions that govern.yaml gives reasons for. */
function pageDirectives(
  inline: readonly string[],
  page: App["page"],
): Record<string, readonly string[]> {
  const frames = originsOf(page?.frame);
  return {
    "default-src": ["'none'"],
    "script-src": ["'self'", ...inline],
    "connect-src": ["'self'", "blob:", "data:"],
    "style-src": ["'self'", "'unsafe-inline'", ...originsOf(page?.style)],
    "img-src": ["'self'", "data:", "blob:", ...originsOf(page?.img)],
    "font-src": ["'self'", "data:", "blob:", ...originsOf(page?.font)],
    "media-src": ["'self'", ...originsOf(page?.media)],
    "manifest-src": ["'self'"],
    "base-uri": ["'self'"],
    "form-action": ["'self'"],
    "worker-src": ["'self'"],
    ...(frames.length > 0 ? { "frame-src": frames } : {}),
    "frame-ancestors": ["'none'"],
    // The older of the two ways to report: every browser has it, and reports at once.
    "report-uri": [paths.reports],
  };
}

export type SetHeaders = (message: IncomingMessage, response: ServerResponse) => void;

/** Reads the app's pages once and gives what sets the headers of every answer that serves a file of it. */
export function createPageHeaders(web: string, page: App["page"], secure: boolean): SetHeaders {
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: pageDirectives(inlineSources(web), page),
    },
    crossOriginOpenerPolicy: { policy: "same-origin" },
    crossOriginResourcePolicy: { policy: "same-origin" },
    referrerPolicy: { policy: "same-origin" },
    strictTransportSecurity: secure,
    xDnsPrefetchControl: { allow: false },
    xFrameOptions: { action: "deny" },
  });
  return (message, response) => setHeaders(message, response, () => undefined);
}
