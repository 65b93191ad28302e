/** Serves the rewritten files of one app to somebody who is signed in. Serves nothing that was not there at start. */
import type { IncomingMessage, ServerResponse } from "node:http";
import sirv from "sirv";
import type { AppSnapshot } from "../../snapshot.ts";
import { createPageHeaders } from "./page-policy.ts";

export interface StaticFiles {
  /** Serves the file of the request's path; false if the app has none. */
  serve(message: IncomingMessage, response: ServerResponse): boolean;
  /** Serves the app's entry page, whatever the path. */
  serveEntry(message: IncomingMessage, response: ServerResponse): boolean;
}

export function createStaticFiles(app: AppSnapshot, secure: boolean): StaticFiles {
  const setPageHeaders = createPageHeaders(app.web, app.page, secure);
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
      message.url = "/";
      return serve(message, response);
    },
  };
}
