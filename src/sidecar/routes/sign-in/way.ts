/** What the ways to sign in have in common: a request to one of its paths, and what each way does with it. */
import type { NewAuditEntry } from "../../../contract/audit-entry.ts";
import type { JsonValue } from "../../../contract/canonical-json.ts";
import { actorOf, type Identity } from "../../identity/identity.ts";
import { safeReturnPath } from "../../identity/return-path.ts";
import type { Answer, CallRequest } from "../../lifecycle.ts";
import { parseQuery } from "../../matching/query.ts";
import type { SessionRecord } from "../../store/store.ts";

export interface SignInRequest {
  readonly request: CallRequest;
  /** The origin it arrived at, as browsers write it. */
  readonly origin: string;
  readonly correlation: string;
}

/** A way to sign in. Its routes were matched by path and method; a form is the origin's own by then. */
export interface Way {
  /** `GET /_govern/login` */
  showLogin(asked: SignInRequest): Promise<Answer>;
  /** `POST /_govern/login` */
  takeLogin?(asked: SignInRequest): Promise<Answer>;
  /** `GET /_govern/callback` */
  takeCallback?(asked: SignInRequest): Promise<Answer>;
  /** `GET /_govern/device` */
  tellDevice?(): Answer | undefined;
  /** After the session ended here; undefined if there was none. */
  afterSignOut(asked: SignInRequest, ended: SessionRecord | undefined): Promise<Answer>;
}

/** Paths of signing in that no page's script needs. */
export const signInPaths = {
  callback: "/_govern/callback",
  signedOut: "/_govern/signed-out",
  device: "/_govern/device",
} as const;

/** The one value of a query or form field. */
export function single(raw: string, name: string): string | undefined {
  const values = parseQuery(raw)?.get(name);
  return values?.length === 1 ? values[0] : undefined;
}

/** Where the request wants to return to, if that can lead nowhere but this origin. */
export function returnPathOf(raw: string): string {
  return safeReturnPath(single(raw, "return"));
}

/** The entry of a sign-in or sign-out. */
export function loginEntry(facts: {
  readonly identity: Identity;
  readonly app: string | null;
  readonly decision: JsonValue;
  readonly correlation: string;
}): NewAuditEntry {
  return {
    type: "login",
    actor: actorOf(facts.identity),
    app: facts.app,
    build: null,
    operation: null,
    arguments: null,
    decision: facts.decision,
    approval: null,
    policy: null,
    resource: null,
    outcome: null,
    correlation: facts.correlation,
  };
}
