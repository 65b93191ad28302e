/**
 * The operator origin: its own listener, its own session, exact origin check, no CORS. The API, the console's pages,
 * and the health of the sidecar. Must not serve anything of an app.
 */
import { newCorrelation } from "../../correlation.ts";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Changes } from "../../approvals/changes.ts";
import {
  createHardenedServer,
  readBodyBytes,
  requestHead,
  writeAnswer,
} from "../../http-server.ts";
import type { Identity } from "../../identity/identity.ts";
import { isByToken, isSameOrigin } from "../../identity/same-origin.ts";
import type { Answer, CallRequest, Refusal } from "../../lifecycle.ts";
import { headFault } from "../../malformed.ts";
import { jsonAnswer, problemAnswer } from "../../problem.ts";
import type { Snapshot } from "../../snapshot.ts";
import type { ConfigStatus } from "../../workspace-versions.ts";
import { recordMalformed, refuseMalformed, refuseRequest } from "../refuse-request.ts";
import { isRoute, operatorRoutes } from "../route-table.ts";
import type { SignIn } from "../sign-in.ts";
import { hasRoom, streamEvents } from "./approval-events.ts";
import type { OperatorCall } from "./caller.ts";
import { consoleFile, inboxPage, trailPage } from "./console-page.ts";
import { answerOperator, type OperatorApiOptions } from "./operator-api.ts";

/** What is written as it comes. */
type Stream = (response: ServerResponse) => void;

export interface OperatorListenerOptions extends OperatorApiOptions {
  readonly changes: Changes;
  snapshot(): Snapshot;
  readonly signIn: SignIn;
  /** The origin that browsers call a `host` header by; undefined for an unknown host. */
  originOf(host: string): string | undefined;
  isReady(): boolean;
  /** Public keys of what the sidecar asserts to resources, as a key set. */
  readonly assertionKeys: { readonly keys: readonly object[] };
  config(): ConfigStatus;
}

/** Who decides, releases or reviews by some rule sees all approvals and the trail. */
function seesAll({ workspace }: Snapshot, subject: string, groups: readonly string[]): boolean {
  const glass = workspace.breakGlass ?? [];
  const rules = (workspace.approvals ?? []).flatMap((rule) =>
    "approvers" in rule ? [rule.approvers] : [],
  );
  const deciding = new Set([
    ...rules.flatMap(({ all, any }) => [...(all ?? []), ...(any ?? [])]),
    ...glass.flatMap(({ reviewers }) => reviewers),
  ]);
  return (
    groups.some((group) => deciding.has(group)) ||
    glass.some(({ people }) => people.includes(subject))
  );
}

/** Nobody has to be signed in: which version decides and that a later one was turned down, not what is in them. */
function readiness({ policy, since, rejected }: ConfigStatus): Record<string, unknown> {
  const turned = rejected === null ? null : { at: rejected.at, code: rejected.code };
  return { status: "ready", config: { policy, since, rejected: turned } };
}

/** What anybody may read, whoever they are and by whatever name they ask. */
function publicAnswer(path: string, options: OperatorListenerOptions): Answer | undefined {
  if (path === "/.well-known/jwks.json") return jsonAnswer(200, options.assertionKeys);
  if (path === "/healthz") return jsonAnswer(200, { status: "ok" });
  if (path !== "/readyz") return undefined;
  return options.isReady()
    ? jsonAnswer(200, readiness(options.config()))
    : jsonAnswer(503, { status: "starting" });
}

const pageFor = (path: string, identity: Identity): Answer =>
  path === "/audit" ? trailPage(identity) : inboxPage(identity);

/** What people may go to by themselves: the one thing that needs no proof of where it was asked from. */
function isPagePath(path: string): boolean {
  return path === "/" || path === "/audit" || /^\/approvals\/[\w-]{1,64}$/.test(path);
}

const noSuchPath = {
  code: "not-found",
  detail: "The operator origin has no such path.",
} as const;

const isStream = ({ method, path }: CallRequest): boolean =>
  method === "GET" && path === "/api/approvals/events";

const isListed = ({ method, path }: Pick<CallRequest, "method" | "path">): boolean =>
  isRoute(operatorRoutes, method, path);

class OperatorListener {
  readonly #options: OperatorListenerOptions;

  constructor(options: OperatorListenerOptions) {
    this.#options = options;
  }

  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const head = requestHead(message);
    const correlation = newCorrelation();
    const answer =
      (isListed(head) ? publicAnswer(head.path, this.#options) : undefined) ??
      (await this.#answer(message, head, correlation));
    if (typeof answer === "function") answer(response);
    else writeAnswer(message, response, answer);
  }

  async #answer(
    message: IncomingMessage,
    head: Omit<CallRequest, "body">,
    correlation: string,
  ): Promise<Answer | Stream> {
    const why = headFault(message);
    if (why !== undefined) {
      return refuseMalformed(this.#options.store, { at: "operator", message, why });
    }
    const origin = this.#options.originOf(message.headers.host ?? "");
    if (origin === undefined) {
      const detail = "The operator origin is not served under this host.";
      return this.#refuse({ ...head, refusal: { code: "unknown-host", detail }, correlation });
    }
    const body = await readBodyBytes(message);
    if (body === undefined) {
      const detail = "The request's body is too large.";
      return this.#refuse({ ...head, refusal: { code: "too-large", detail }, correlation });
    }
    const request = { ...head, body };
    if (isListed(head)) {
      const file = consoleFile(request);
      if (file !== undefined) return file;
    }
    const signedIn = isListed(head)
      ? await this.#options.signIn.handle({ request, origin, correlation })
      : undefined;
    return signedIn ?? this.#route(request, origin, correlation);
  }

  #refuse(
    refused: Omit<CallRequest, "body"> & {
      readonly refusal: Refusal;
      readonly correlation: string;
    },
  ): Promise<Answer> {
    const { refusal, correlation, ...request } = refused;
    return refuseRequest(this.#options.store, { at: "operator", request, refusal, correlation });
  }

  async #route(
    request: CallRequest,
    origin: string,
    correlation: string,
  ): Promise<Answer | Stream> {
    const isPage = isPagePath(request.path) && request.method === "GET";
    if (!isPage && !isSameOrigin(request, origin) && !isByToken(request)) {
      const detail = "Calls are taken from the operator origin's own pages only.";
      return this.#refuse({ ...request, refusal: { code: "cross-origin", detail }, correlation });
    }
    const caller = await this.#options.signIn.identify(request);
    if (!caller.ok) {
      const { refusal } = caller;
      if (isPage && refusal.code === "unauthenticated") {
        return this.#options.signIn.redirectToLogin(request);
      }
      return this.#refuse({ ...request, refusal, correlation });
    }
    if (!isListed(request)) return problemAnswer(noSuchPath, correlation);
    const { identity } = caller;
    if (isPage) return pageFor(request.path, identity);
    const call = this.#callOf(request, identity, correlation);
    return isStream(request) && hasRoom()
      ? this.#events(call)
      : answerOperator(this.#options, call);
  }

  #events(call: OperatorCall): Stream {
    const { changes, signIn } = this.#options;
    const isStillValid = async (): Promise<boolean> => (await signIn.identify(call.request)).ok;
    return (response) => streamEvents(call, response, { changes, isStillValid });
  }

  #callOf(request: CallRequest, identity: Identity, correlation: string): OperatorCall {
    const snapshot = this.#options.snapshot();
    const groups = snapshot.rules.groupsOf(identity);
    const { subject, issuer, session } = identity;
    return {
      request,
      principal: { subject, issuer, groups, session },
      seesAll: seesAll(snapshot, subject, groups),
      correlation,
    };
  }
}

/** The server of the operator origin; not yet listening. */
export function createOperatorListener(options: OperatorListenerOptions): Server {
  const listener = new OperatorListener(options);
  return createHardenedServer({
    handle: (message, response) => listener.handle(message, response),
    onFault: options.onFault,
    onMalformed: recordMalformed(options.store, "operator"),
  });
}
