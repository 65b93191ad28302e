/** Who is calling. Comes from a verified session only; nothing of it is taken from the request's own words. */
import type { Actor } from "../../contract/audit-entry.ts";

export interface Identity {
  readonly subject: string;
  /** `dev` for the local sign-in. */
  readonly issuer: string;
  /** Groups that the identity provider (or identity.dev) states. */
  readonly groups: readonly string[];
  /** Digest of the session id. */
  readonly session: string;
}

/** The identity as the trail knows it. */
export function actorOf(identity: Identity): Actor {
  return {
    subject: identity.subject,
    issuer: identity.issuer,
    groups: [...identity.groups],
    session: identity.session,
  };
}
