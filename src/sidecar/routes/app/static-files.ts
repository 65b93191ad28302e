/** Serves the rewritten files of one app to somebody who is signed in. Serves nothing that was not there at start. */
import { readdirSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { sep } from "node:path";
import sirv from "sirv";
import type { AppSnapshot } from "../../snapshot.ts";
import { createPageHeaders } from "./page-policy.ts";

export interface StaticFiles {
  /** Whether a path may be a file's; what is not is not looked for. */
  mayHave(path: string): boolean;
  /** Serves the file of the request's path; false if the app has none. */
  serve(message: IncomingMessage, response: ServerResponse): boolean;
  /** Serves the app's entry page, whatever the path; outside the app's folder it sends the browser there. */
  serveEntry(message: IncomingMessage, response: ServerResponse): boolean;
}

/** The folder of the app's entry page, with slashes around it: a build for a folder of its own lies in that folder. */
function entryFolder(web: string): string {
  const [entry = "index.html"] = readdirSync(web, { recursive: true, encoding: "utf8" })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => /(?:^|\/)index\.html$/.test(path))
    .toSorted((a, b) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1));
  return `/${entry.slice(0, -"index.html".length)}`;
}

/** The paths by which files are found: with and without `.html`, a folder by its entry page. */
function knownPaths(web: string): ReadonlySet<string> {
  const files = readdirSync(web, { recursive: true, encoding: "utf8" });
  const paths = files.map((path) => `/${path.split(sep).join("/").normalize()}`);
  const pages = paths.flatMap((path) =>
    path.endsWith(".html") ? [path.slice(0, -5), path.replace(/\/index\.html$/, "")] : [],
  );
  return new Set([...paths, ...pages]);
}

/** A path as files are looked up: without its last slash, escapes undone. */
function lookedUp(path: string): string {
  const name = path.endsWith("/") ? path.slice(0, -1) : path;
  if (!name.includes("%")) return name;
  try {
    return decodeURI(name);
  } catch {
    return name;
  }
}

export function createStaticFiles(app: AppSnapshot, secure: boolean): StaticFiles {
  const setPageHeaders = createPageHeaders(app.web, app.page, secure);
  const entry = entryFolder(app.web);
  const files = sirv(app.web, { dev: false, etag: true, dotfiles: false, extensions: ["html"] });
  const serve = (message: IncomingMessage, response: ServerResponse): boolean => {
    let found = true;
    setPageHeaders(message, response);
    response.setHeader("cache-control", "private, no-cache");
    response.setHeader("vary", "cookie");
    files(message, response, () => {
      found = false;
    });
    if (!found) for (const name of response.getHeaderNames()) response.removeHeader(name);
    return found;
  };
  const known = knownPaths(app.web);
  return {
    mayHave: (path) => known.has(lookedUp(path)),
    serve,
    serveEntry(message, response) {
      if (message.url?.startsWith(entry) !== true) {
        response.writeHead(302, { location: entry, "cache-control": "no-store" }).end();
        return true;
      }
      message.url = entry;
      return serve(message, response);
    },
  };
}
