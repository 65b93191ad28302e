/**
 * Sessions: who signed in, sealed in a host-only cookie (JWE `dir` with A256GCM, RFC 7516). One instance per listener and
 * audience: a cookie of one means nothing to another. Must not decide what a person may do.
 */
import { randomBytes } from "node:crypto";
import { EncryptJWT, errors, jwtDecrypt, type JWTPayload } from "jose";
import { sha256Hex } from "../../contract/canonical-json.ts";
import type { Identity } from "./identity.ts";
import type { People, Person } from "./people.ts";
import { deriveKey } from "../store/sealing.ts";

const lifetimeSeconds = 12 * 3600;
const maxCached = 10_000;

export interface SessionOptions {
  readonly key: Uint8Array;
  /** `__Host-govern-app` or `__Host-govern-operator`. */
  readonly cookie: string;
  /** The app, or the operator origin. */
  readonly audience: string;
  readonly people: People;
}

export interface Sessions {
  /** Begins a session under a new id: the `set-cookie` value and the identity. */
  begin(person: Person): Promise<{ readonly cookie: string; readonly identity: Identity }>;
  /** The verified identity of a `cookie` header; undefined for none, an expired, a revoked or a repeated one. */
  read(cookieHeader: string | undefined): Promise<Identity | undefined>;
  /** Ends a session: the `set-cookie` value that clears it. */
  end(identity: Identity | undefined): string;
}

/** The one value of a cookie; undefined if it is absent, or sent twice (a cookie tossed from elsewhere). */
function cookieValue(header: string | undefined, name: string): string | undefined {
  const values = (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
}

interface Cached {
  readonly person: Identity;
  readonly expiresAt: number;
}

function fromPayload(payload: JWTPayload): Cached | undefined {
  const { sub, iss, exp } = payload;
  const { sid, groups } = payload as { sid?: unknown; groups?: unknown };
  if (sub === undefined || iss === undefined || exp === undefined) return undefined;
  if (typeof sid !== "string" || !Array.isArray(groups)) return undefined;
  const person = { subject: sub, issuer: iss, groups: groups.map(String), session: sha256Hex(sid) };
  return { person, expiresAt: exp * 1000 };
}

class CookieSessions implements Sessions {
  readonly #options: SessionOptions;
  readonly #key: Uint8Array;
  readonly #opened = new Map<string, Cached>();
  readonly #ended = new Set<string>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#key = deriveKey(options.key, `session ${options.cookie}`);
  }

  async begin(person: Person): Promise<{ cookie: string; identity: Identity }> {
    const sid = randomBytes(16).toString("base64url");
    const token = await new EncryptJWT({ sid, groups: person.groups })
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .setSubject(person.subject)
      .setIssuer(person.issuer)
      .setAudience(this.#options.audience)
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`)
      .encrypt(this.#key);
    return {
      cookie: this.#setCookie(token, lifetimeSeconds),
      identity: { ...person, session: sha256Hex(sid) },
    };
  }

  #setCookie(value: string, maxAge: number): string {
    const { cookie } = this.#options;
    return `${cookie}=${value}; Path=/; Max-Age=${maxAge}; Secure; HttpOnly; SameSite=Lax`;
  }

  async read(cookieHeader: string | undefined): Promise<Identity | undefined> {
    const token = cookieValue(cookieHeader, this.#options.cookie);
    if (token === undefined || token === "") return undefined;
    const opened = await this.#open(token);
    if (opened === undefined || opened.expiresAt <= Date.now()) return undefined;
    const { person } = opened;
    if (this.#ended.has(person.session)) return undefined;
    const groups = this.#options.people.groupsNow(person);
    return groups === undefined ? undefined : { ...person, groups };
  }

  async #open(token: string): Promise<Cached | undefined> {
    const name = sha256Hex(token);
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    try {
      const { payload } = await jwtDecrypt(token, this.#key, {
        audience: this.#options.audience,
        keyManagementAlgorithms: ["dir"],
        contentEncryptionAlgorithms: ["A256GCM"],
        requiredClaims: ["sub", "iss", "exp", "iat", "sid"],
      });
      const opened = fromPayload(payload);
      if (opened === undefined) return undefined;
      if (this.#opened.size >= maxCached) this.#opened.clear();
      this.#opened.set(name, opened);
      return opened;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  end(identity: Identity | undefined): string {
    if (identity !== undefined) this.#ended.add(identity.session);
    return this.#setCookie("", 0);
  }
}

export function createSessions(options: SessionOptions): Sessions {
  return new CookieSessions(options);
}
