/**
 * Who made a request, on one origin: by the session in its cookie, by a bearer token where a program sends one, or by the
 * assertion of a trusted proxy. One way each; what the request says of itself otherwise counts for nothing. Must not
 * decide what a caller may do.
 */
import { sha256Hex } from "../../contract/canonical-json.ts";
import type { CallRequest, Refusal } from "../lifecycle.ts";
import type { Identity } from "./identity.ts";
import type { Person } from "./people.ts";
import { isByToken } from "./same-origin.ts";
import type { Sessions } from "./sessions.ts";
import type { VerifyOne } from "./token-cache.ts";
import type { Verified } from "./verify-token.ts";

export type Identified =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly refusal: Refusal };

export interface Callers {
  identify(request: Omit<CallRequest, "body">): Promise<Identified>;
}

const refuse = (code: Refusal["code"], detail: string): Identified => ({
  ok: false,
  refusal: { code, detail },
});
const nobody = refuse("unauthenticated", "Nobody is signed in.");

/** Stands for the session of somebody who has none: the same for all their requests of one kind. */
function tokenIdentity(kind: "bearer" | "proxy", { subject, issuer, groups }: Person): Identity {
  return { subject, issuer, groups, session: sha256Hex(JSON.stringify([kind, issuer, subject])) };
}

function identifiedBy(kind: "bearer" | "proxy", verified: Verified): Identified {
  if (verified.ok) return { ok: true, identity: tokenIdentity(kind, verified.person) };
  const code = verified.fault === "keys-unavailable" ? "provider-unavailable" : "token-invalid";
  return refuse(code, verified.detail);
}

/** People with a session in this browser, and programs with a token where `bearer` is given. */
export function sessionCallers(sessions: Sessions, bearer: VerifyOne | undefined): Callers {
  return {
    async identify(request) {
      if (bearer !== undefined && isByToken(request)) {
        const token = (request.headers.get("authorization") ?? "").slice("bearer ".length).trim();
        return identifiedBy("bearer", await bearer(token));
      }
      const reading = await sessions.read(request.headers.get("cookie"));
      if (reading.kind === "signed-in") return { ok: true, identity: reading.identity };
      return reading.kind === "none" ? nobody : refuse("provider-unavailable", reading.detail);
    },
  };
}

export interface ProxyCallersOptions {
  /** Lower-case name of the header with the assertion. */
  readonly header: string;
  readonly isTrusted: (peer: string | undefined) => boolean;
  readonly verify: VerifyOne;
}

/** People whom a proxy in front vouches for, by a signed assertion on each request. */
export function proxyCallers({ header, isTrusted, verify }: ProxyCallersOptions): Callers {
  return {
    async identify(request) {
      if (!isTrusted(request.peer)) {
        return refuse(
          "unauthenticated",
          "The request did not come through the proxy that signs people in.",
        );
      }
      const assertion = request.headers.get(header);
      return assertion === undefined ? nobody : identifiedBy("proxy", await verify(assertion));
    },
  };
}
