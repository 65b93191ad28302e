/** The console's pages: shells with their script and style, under a policy that runs nothing else. */
import { existsSync, readFileSync } from "node:fs";
import { paths } from "../../../contract/wire.ts";
import { escapeHtml } from "../../html-page.ts";
import type { Identity } from "../../identity/identity.ts";
import type { Answer, CallRequest } from "../../lifecycle.ts";

/** The built files stand beside the program; from the sources, in dist/. */
const folders = ["./", "../../../../dist/emit/"];
const types = {
  "inbox.js": "text/javascript",
  "console.js": "text/javascript",
  "console.css": "text/css",
} as const;

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const common = [
  ["referrer-policy", "same-origin"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["x-dns-prefetch-control", "off"],
] as const;

/** A file of the console, for everybody: it holds nothing of the trail. Undefined for any other request. */
export function consoleFile({
  method,
  path,
}: Pick<CallRequest, "method" | "path">): Answer | undefined {
  if (method !== "GET") return undefined;
  const name = Object.keys(types).find((one) => path === `/assets/${one}`) as
    | keyof typeof types
    | undefined;
  if (name === undefined) return undefined;
  const file = folders.map((folder) => new URL(folder + name, import.meta.url)).find(existsSync);
  if (file === undefined) return undefined;
  const headers = [
    ["content-type", `${types[name]}; charset=utf-8`],
    ["cache-control", "no-cache"],
  ] as const;
  return { status: 200, headers: [...headers, ...common], body: readFileSync(file) };
}

interface Page {
  readonly title: string;
  readonly script: keyof typeof types;
  readonly path: string;
  readonly body: string;
}

const places = [
  ["/", "Approvals"],
  ["/audit", "Trail"],
] as const;

function pageOf({ subject, groups }: Identity, { title, script, path, body }: Page): Answer {
  const links = places.map(
    ([to, name]) => `<a href="${to}"${to === path ? ' aria-current="page"' : ""}>${name}</a>`,
  );
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title} · govern</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/console.css"><script defer src="/assets/${script}"></script></head>
<body><header><strong>govern</strong><nav aria-label="Pages">${links.join("")}</nav>
<span class="quiet" title="${escapeHtml(groups.join(", "))}">${escapeHtml(subject)}</span>
<form method="post" action="${paths.logout}"><button>Sign out</button></form></header>
${body}
<noscript>This page needs its script. \`govern approvals\` and \`govern audit\` do the same.</noscript></body></html>
`;
  return {
    status: 200,
    headers: [
      ["content-type", "text/html; charset=utf-8"],
      ["content-security-policy", policy],
      ["cache-control", "no-store"],
      ...common,
    ],
    body: Buffer.from(html),
  };
}

/** The trail, for somebody who is signed in. What they may see is asked by its script, and said by the API. */
export function trailPage(identity: Identity): Answer {
  return pageOf(identity, {
    title: "Trail",
    script: "console.js",
    path: "/audit",
    body: `<main><section><h1>Audit trail</h1><div id="search"></div><div id="entries"></div></section>
<aside><section id="status"></section><section id="story"></section></aside></main>`,
  });
}

/** The approvals, likewise; one of them by its own address. */
export function inboxPage(identity: Identity): Answer {
  const body = '<div id="inbox"></div>';
  return pageOf(identity, { title: "Approvals", script: "inbox.js", path: "/", body });
}
