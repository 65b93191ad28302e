/** Serves the rewritten files of one app to somebody who is signed in. Serves nothing that was not there at start. */
import { readdirSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { sep } from "node:path";
import sirv from "sirv";
import type { AppSnapshot } from "../../snapshot.ts";
import { createPageHeaders } from "./page-policy.ts";

export interface StaticFiles {
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
  return {
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
