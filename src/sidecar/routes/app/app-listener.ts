/**
 * The app origins: the Host selects the app, then sign-in, tickets, governed calls, or the app's own files. Thin: what a
 * call may do is the pipeline's to say. Must not serve anything of the operator origin.
 */
import { newCorrelation } from "../../correlation.ts";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { headers as govern, paths } from "../../../contract/wire.ts";
import { detachUndelivered } from "../../approvals/detach.ts";
import type { OnFault } from "../../faults.ts";
import {
  createHardenedServer,
  endWith,
  hasBody,
  readBodyBytes,
  requestHead,
  wasDelivered,
  writeAnswer,
  type Patience,
} from "../../http-server.ts";
import { isByToken, isSameOrigin } from "../../identity/same-origin.ts";
import type { Answer, CallRequest, Pipeline, ReceivedCall, Refusal } from "../../lifecycle.ts";
import { headFault } from "../../malformed.ts";
import { parseQuery } from "../../matching/query.ts";
import type { AppSnapshot, Snapshot } from "../../snapshot.ts";
import type { Store } from "../../store/store.ts";
import { recordMalformed, refuseMalformed, refuseRequest } from "../refuse-request.ts";
import { appRoutes, isRoute, signInRoutes } from "../route-table.ts";
import type { SignIn } from "../sign-in.ts";
import { PageReports } from "./page-reports.ts";
import type { StaticFiles } from "./static-files.ts";
import { requestsPage } from "./requests-page.ts";
import { handleTickets, lostResult } from "./tickets.ts";

/** One app as it is served. */
export interface ServedApp {
  readonly name: string;
  readonly files: StaticFiles;
  readonly signIn: SignIn;
}

export interface AppListenerOptions {
  snapshot(): Snapshot;
  readonly store: Store;
  readonly pipeline: Pipeline;
  readonly onFault: OnFault;
  /** The app of a `host` header, and the origin that browsers call it by. */
  appOf(host: string): { readonly app: ServedApp; readonly origin: string } | undefined;
  /** How long it waits for whoever connects; the default is meant for all but tests. */
  readonly patience?: Patience;
}

interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly app: ServedApp;
  readonly call: ReceivedCall;
}

const isRead = (request: CallRequest): boolean =>
  request.method === "GET" || request.method === "HEAD";

/** Whether the browser opens a document, by its own word or, from an older one, by what it accepts. */
function isDocument({ headers }: CallRequest): boolean {
  const destination = headers.get("sec-fetch-dest");
  if (destination !== undefined) return destination === "document";
  return headers.get("accept")?.includes("text/html") === true;
}

const below = (path: string, parent: string): boolean =>
  path === parent || path.startsWith(`${parent}/`);

class AppListener {
  readonly #options: AppListenerOptions;
  readonly #reports: PageReports;

  constructor(options: AppListenerOptions) {
    this.#options = options;
    const { store } = options;
    this.#reports = new PageReports({ append: (entry) => store.append(entry), now: Date.now });
  }

  #receive(message: IncomingMessage): Omit<Exchange, "response"> | undefined {
    const found = this.#options.appOf(message.headers.host ?? "");
    const snapshot = this.#options.snapshot();
    const app: AppSnapshot | undefined =
      found === undefined ? undefined : snapshot.apps.get(found.app.name);
    if (found === undefined || app === undefined) return undefined;
    const request = { ...requestHead(message), body: new Uint8Array() };
    const { origin } = found;
    const call = { correlation: newCorrelation(), snapshot, app, origin, request };
    return { message, app: found.app, call };
  }

  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const why = headFault(message);
    if (why !== undefined) {
      const answer = await refuseMalformed(this.#options.store, { at: "app", message, why });
      writeAnswer(message, response, answer);
      return;
    }
    const received = this.#receive(message);
    if (received === undefined) {
      writeAnswer(message, response, await this.#refuseHost(message));
      return;
    }
    const exchange = { ...received, response };
    const answer = await this.#answer(exchange);
    if (answer === undefined) return;
    writeAnswer(message, response, answer);
    const ticket = answer.headers.find(([name]) => name === govern.ticket)?.[1];
    if (ticket !== undefined && !(await wasDelivered(message, response))) {
      await detachUndelivered(this.#options.store, ticket);
    }
  }

  #refuseHost(message: IncomingMessage): Promise<Answer> {
    return refuseRequest(this.#options.store, {
      at: "app",
      request: requestHead(message),
      refusal: { code: "unknown-host", detail: "No app is served under this host." },
      correlation: newCorrelation(),
    });
  }

  #refuse(call: ReceivedCall, refusal: Refusal): Promise<Answer> {
    return this.#options.pipeline.refuse(call, refusal);
  }

  /** Undefined: a file was served. */
  async #answer(exchange: Exchange): Promise<Answer | undefined> {
    const { request } = exchange.call;
    if (request.headers.get("service-worker") !== undefined) {
      const detail = "Service workers are not served.";
      return this.#refuse(exchange.call, { code: "unregistered", detail });
    }
    if (request.headers.get("content-encoding") !== undefined) {
      const detail = "Encoded requests are not taken.";
      return this.#refuse(exchange.call, { code: "invalid-arguments", detail });
    }
    const unread = await this.#refuseUnread(exchange);
    if (unread !== undefined) return unread;
    const body = await readBodyBytes(exchange.message);
    if (body === undefined) {
      const detail = "The request's body is too large.";
      return this.#refuse(exchange.call, { code: "too-large", detail });
    }
    const call = { ...exchange.call, request: { ...request, body } };
    return this.#route({ ...exchange, call });
  }

  /** Nothing of a body is kept for somebody who is not known; signing in is what they may send. */
  async #refuseUnread({ message, app, call }: Exchange): Promise<Answer | undefined> {
    const { request, origin } = call;
    const isSignIn = isRoute(signInRoutes, request.method, request.path);
    if (!hasBody(message) || isSignIn) return undefined;
    if (!isSameOrigin(request, origin) && !isByToken(request)) {
      const detail = "Calls are taken from the app's own pages only.";
      return this.#refuse(call, { code: "cross-origin", detail });
    }
    const caller = await app.signIn.identify(request);
    return caller.ok ? undefined : this.#refuse(call, caller.refusal);
  }

  async #route(exchange: Exchange): Promise<Answer | undefined> {
    const { app, call } = exchange;
    const { request, origin, correlation } = call;
    const { path, method } = request;
    const listed = isRoute(appRoutes, method, path);
    const signedIn = listed ? await app.signIn.handle({ request, origin, correlation }) : undefined;
    if (signedIn !== undefined) return signedIn;
    const own = listed ? this.#own(exchange) : undefined;
    if (own !== undefined) return own;
    const isCall = path.startsWith(paths.http) || path.startsWith(paths.sql);
    if (isCall || !isRead(request)) return this.#options.pipeline.run(call);
    return path.startsWith("/_govern/")
      ? this.#refuse(call, { code: "unregistered", detail: "The boundary has no such path." })
      : this.#fileOrCall(exchange);
  }

  /** The boundary's own routes beside signing in. */
  #own(exchange: Exchange): Promise<Answer> | undefined {
    const { path } = exchange.call.request;
    if (below(path, paths.tickets)) return this.#tickets(exchange);
    if (path === paths.requests) return this.#requests(exchange);
    return path === paths.reports ? this.#report(exchange) : undefined;
  }

  async #tickets({ app, call }: Exchange): Promise<Answer> {
    const { request, correlation, origin } = call;
    if (!isSameOrigin(request, origin) && !isByToken(request)) {
      return this.#refuse(call, { code: "cross-origin", detail: "Tickets are the app's own." });
    }
    const caller = await app.signIn.identify(request);
    if (!caller.ok) return this.#refuse(call, caller.refusal);
    const ticket = { request, app: app.name, identity: caller.identity, correlation };
    try {
      const answer = await handleTickets(this.#options.store, ticket);
      if (answer !== undefined) return answer;
    } catch (error) {
      this.#options.onFault(error, correlation);
      return lostResult(correlation);
    }
    return this.#refuse(call, { code: "unregistered", detail: "The boundary has no such path." });
  }

  /** A document of the person's own; nothing of it is decided there. */
  async #requests({ app, call }: Exchange): Promise<Answer> {
    const { request, origin } = call;
    if (!isSameOrigin(request, origin)) {
      return this.#refuse(call, { code: "cross-origin", detail: "Requests are the app's own." });
    }
    const caller = await app.signIn.identify(request);
    if (caller.ok) return requestsPage(this.#options.store, call.app, caller.identity);
    return caller.refusal.code === "unauthenticated"
      ? app.signIn.redirectToLogin(request)
      : this.#refuse(call, caller.refusal);
  }

  /** What a browser reports of the page's policy; its page and its session were checked with the body. */
  async #report({ app, call }: Exchange): Promise<Answer> {
    const caller = await app.signIn.identify(call.request);
    if (!caller.ok) return this.#refuse(call, caller.refusal);
    const answer = await this.#reports.take(call, caller.identity);
    return "code" in answer ? this.#refuse(call, answer) : answer;
  }

  /** A file of the app, else a registered read at its native path, else the entry page for a document. */
  async #fileOrCall({ message, response, app, call }: Exchange): Promise<Answer | undefined> {
    const { request } = call;
    const document = isDocument(request);
    const isFile = app.files.mayHave(request.path);
    if (!isFile && !document) return this.#options.pipeline.run(call);
    const caller = await app.signIn.identify(request);
    if (!caller.ok) {
      return document && caller.refusal.code === "unauthenticated"
        ? app.signIn.redirectToLogin(request)
        : this.#refuse(call, caller.refusal);
    }
    if (isFile && app.files.serve(message, response)) return undefined;
    const isUnmatched = document && this.#matchesNothing(call);
    if (isUnmatched && app.files.serveEntry(message, response)) return undefined;
    return this.#options.pipeline.run(call);
  }

  #matchesNothing(call: ReceivedCall): boolean {
    const { method, path, query } = call.request;
    const values = parseQuery(query);
    if (values === undefined) return false;
    const request = { method, origin: "same-origin", rawPath: path, query: values };
    return call.app.matcher.match({ ...request, body: () => undefined }).kind === "unmatched";
  }

  async refuseUpgrade(message: IncomingMessage, socket: Duplex): Promise<void> {
    const received = headFault(message) === undefined ? this.#receive(message) : undefined;
    const refusal = { code: "unregistered", detail: "Protocol switches are refused." } as const;
    if (received === undefined) await this.#refuseHost(message);
    else await this.#refuse(received.call, refusal);
    endWith(socket, "403 Forbidden", "unregistered");
  }
}

/** The server of all app origins; not yet listening. */
export function createAppListener(options: AppListenerOptions): Server {
  const listener = new AppListener(options);
  return createHardenedServer({
    handle: (message, response) => listener.handle(message, response),
    onFault: options.onFault,
    onUpgrade: (message, socket) => listener.refuseUpgrade(message, socket),
    onMalformed: recordMalformed(options.store, "app"),
    ...(options.patience === undefined ? {} : { patience: options.patience }),
  });
}
