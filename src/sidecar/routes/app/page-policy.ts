/** The headers of an app's files: what its pages may load and where they may connect. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "helmet";
import { parse, type DefaultTreeAdapterTypes } from "parse5";
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

function collectScripts(node: Node, found: string[]): void {
  if (isInlineScript(node)) found.push(textOf(node));
  if ("childNodes" in node) for (const child of node.childNodes) collectScripts(child, found);
  if ("content" in node) collectScripts(node.content, found);
}

/** CSP sources of the inline scripts of a html text: import maps and module scripts included. */
function inlineScriptHashes(html: string): readonly string[] {
  const scripts: string[] = [];
  collectScripts(parse(html), scripts);
  return scripts.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
}

function hashesOfFolder(web: string): readonly string[] {
  const files = readdirSync(web, { recursive: true, encoding: "utf8" });
  const pages = files.filter((file) => /\.html?$/i.test(file));
  const hashes = pages.flatMap((file) => inlineScriptHashes(readFileSync(join(web, file), "utf8")));
  return [...new Set(hashes)].toSorted();
}

function originsOf(list: readonly { readonly origin: string }[] | undefined): string[] {
  return (list ?? []).map(({ origin }) => origin);
}

/** The directives for one app: its own origin, its own inline scripts, and the exceptions that govern.yaml gives reasons for. */
function pageDirectives(
  hashes: readonly string[],
  page: App["page"],
): Record<string, readonly string[]> {
  const frames = originsOf(page?.frame);
  return {
    "default-src": ["'none'"],
    "script-src": ["'self'", ...hashes],
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
  };
}

export type SetHeaders = (message: IncomingMessage, response: ServerResponse) => void;

/** Reads the app's pages once and gives what sets the headers of every answer that serves a file of it. */
export function createPageHeaders(web: string, page: App["page"], secure: boolean): SetHeaders {
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: pageDirectives(hashesOfFolder(web), page),
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
