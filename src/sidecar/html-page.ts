/** The few pages that the sidecar writes itself: plain, without scripts, under a policy of their own. */
import { createHash } from "node:crypto";
import type { Answer } from "./lifecycle.ts";

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as HTML, in elements and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => escapes[char] ?? char);
}

const style = `
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}
main{width:min(44rem,100% - 3rem);padding:2rem 0}
h1{font-size:1.375rem;margin:0 0 .25rem}
p{margin:.25rem 0 1.25rem}
small,.quiet{opacity:.75}
ul{list-style:none;margin:0 0 1.25rem;padding:0;display:grid;gap:.75rem}
button,.button{font:inherit;padding:.6rem 1rem;border:1px solid;border-radius:.5rem;background:ButtonFace;color:ButtonText;cursor:pointer}
.button{display:inline-block;text-decoration:none}
button:hover,.button:hover{filter:brightness(.95)}
button:focus-visible,.button:focus-visible{outline:3px solid Highlight;outline-offset:2px}
.wide{width:100%;text-align:left}
article{border:1px solid color-mix(in srgb,CanvasText 25%,transparent);border-radius:.5rem;padding:1rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0;font-size:.875rem}
.row{display:flex;gap:.75rem}`;

const styleHash = createHash("sha256").update(style).digest("base64");

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "img-src data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A page of the sidecar's own. `main` is HTML whose texts were escaped. */
export function pageAnswer(title: string, main: string, status = 200): Answer {
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>${style}</style></head><body><main>${main}</main></body></html>
`;
  return {
    status,
    headers: [
      ["content-type", "text/html; charset=utf-8"],
      ["content-security-policy", policy],
      ["cache-control", "no-store"],
      ["referrer-policy", "same-origin"],
      ["x-content-type-options", "nosniff"],
      ["x-frame-options", "DENY"],
      ["cross-origin-opener-policy", "same-origin"],
      ["x-dns-prefetch-control", "off"],
    ],
    body: Buffer.from(html),
  };
}

/** Sends the browser to a path of this origin, with GET. */
export function redirectAnswer(path: string, cookie?: string): Answer {
  return {
    status: 303,
    headers: [
      ["location", path],
      ["cache-control", "no-store"],
      ...(cookie === undefined ? [] : ([["set-cookie", cookie]] as const)),
    ],
    body: new Uint8Array(),
  };
}
