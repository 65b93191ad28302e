/**
 * The operator origin: its own listener, its own session, exact origin check, no CORS. The API, a landing page with plain
 * forms, and the health of the sidecar. Must not serve anything of an app.
 */
import { newCorrelation } from "../../correlation.ts";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { ApprovalState, ApprovalView } from "../../../contract/approval.ts";
import type { Problem } from "../../../contract/wire.ts";
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
import { parseQuery } from "../../matching/query.ts";
import { jsonAnswer, problemAnswer } from "../../problem.ts";
import type { Snapshot } from "../../snapshot.ts";
import type { ConfigStatus } from "../../workspace-versions.ts";
import { recordMalformed, refuseMalformed, refuseRequest } from "../refuse-request.ts";
import { isRoute, operatorRoutes } from "../route-table.ts";
import type { SignIn } from "../sign-in.ts";
import type { OperatorCall } from "./caller.ts";
import { consoleFile, trailPage } from "./console-page.ts";
import { landingPage } from "./landing-page.ts";
import { answerOperator, type OperatorApiOptions } from "./operator-api.ts";

export interface OperatorListenerOptions extends OperatorApiOptions {
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

/** What people may go to by themselves: the one thing that needs no proof of where it was asked from. */
const pages: ReadonlySet<string> = new Set(["/", "/audit"]);

/** What the page says of a decision that was taken. */
const toldOf: Partial<Readonly<Record<ApprovalState, string>>> = {
  pending: "Your approval counts. More people have to approve.",
  approved: "The request was approved.",
  denied: "The request was denied.",
};

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
    writeAnswer(
      message,
      response,
      (isListed(head) ? publicAnswer(head.path, this.#options) : undefined) ??
        (await this.#answer(message, head, correlation)),
    );
  }

  async #answer(
    message: IncomingMessage,
    head: Omit<CallRequest, "body">,
    correlation: string,
  ): Promise<Answer> {
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

  async #route(request: CallRequest, origin: string, correlation: string): Promise<Answer> {
    const isPage = pages.has(request.path) && request.method === "GET";
    if (!isPage && !isSameOrigin(request, origin) && !isByToken(request)) {
      const detail = "Calls are taken from the operator origin's own pages only.";
      return this.#refuse({ ...request, refusal: { code: "cross-origin", detail }, correlation });
    }
    const caller = await this.#options.signIn.identify(request);
    if (!caller.ok) {
      const { refusal } = caller;
      return isPage && refusal.code === "unauthenticated"
        ? this.#options.signIn.redirectToLogin(request)
        : this.#refuse({ ...request, refusal, correlation });
    }
    if (!isListed(request)) {
      const refusal = {
        code: "not-found",
        detail: "The operator origin has no such path.",
      } as const;
      return problemAnswer(refusal, correlation);
    }
    const { identity } = caller;
    const call = this.#callOf(request, identity, correlation);
    if (isPage) return request.path === "/" ? this.#home(call, identity) : trailPage(identity);
    return request.path.startsWith("/decide/")
      ? this.#decideByForm(call, identity)
      : answerOperator(this.#options, call);
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

  async #home(call: OperatorCall, identity: Identity, told?: string): Promise<Answer> {
    const request = {
      ...call.request,
      method: "GET",
      path: "/api/approvals",
      query: "state=pending",
    };
    const answer = await answerOperator(this.#options, { ...call, request });
    const pending = JSON.parse(Buffer.from(answer.body).toString("utf8")) as ApprovalView[];
    return landingPage(identity, pending, told);
  }

  /** A form of the landing page: the same decision as by the API. */
  async #decideByForm(call: OperatorCall, identity: Identity): Promise<Answer> {
    const id = call.request.path.slice("/decide/".length);
    const form = parseQuery(Buffer.from(call.request.body).toString("latin1"));
    const request: CallRequest = {
      ...call.request,
      path: `/api/approvals/${id}/decision`,
      headers: new Map([...call.request.headers, ["content-type", "application/json"]]),
      body: Buffer.from(JSON.stringify({ decision: form?.get("decision")?.[0] })),
    };
    const answer = await answerOperator(this.#options, { ...call, request });
    const said = JSON.parse(Buffer.from(answer.body).toString("utf8")) as Partial<
      Problem & ApprovalView
    >;
    return this.#home(call, identity, said.detail ?? toldOf[said.state ?? "pending"] ?? "Done.");
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
