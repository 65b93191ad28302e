/**
 * Sessions: who signed in. The cookie holds a sealed id and nothing else; the store says whose it is, and that it has not
 * ended. One instance per listener and audience: a cookie of one means nothing to another. Must not decide what a person
 * may do.
 */
import { randomBytes } from "node:crypto";
import type { NewAuditEntry } from "../../contract/audit-entry.ts";
import { sha256Hex } from "../../contract/canonical-json.ts";
import type { SessionEnd, SessionRecord, SessionTokens, Store } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import type { Identity } from "./identity.ts";
import { devIssuer, type People, type Person } from "./people.ts";
import { sealedCookie, type SealedCookie } from "./sealed-cookie.ts";

const maxCached = 10_000;
/** Milliseconds for which what the store said of a session is believed: another sidecar may have ended it. */
const believed = 5_000;

export interface SessionLifetimes {
  /** All in milliseconds. */
  readonly idle: number;
  readonly absolute: number;
  readonly groupsMaxAge: number;
}

/** What reading a person's groups again came to. */
export type Refreshed =
  | { readonly kind: "stated"; readonly groups: readonly string[]; readonly tokens: SessionTokens }
  /** The provider no longer vouches for the person. */
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "unavailable"; readonly detail: string };

export interface SessionOptions {
  readonly key: Uint8Array;
  /** `__Host-govern-app` or `__Host-govern-operator`. */
  readonly cookie: string;
  /** The app, or the operator origin. */
  readonly audience: string;
  readonly lifetimes: SessionLifetimes;
  readonly people: People;
  readonly store: Store;
  readonly now: Clock;
  /** Reads the groups of a session again; undefined where no provider could. */
  readonly refresh?:
    | ((record: SessionRecord, refreshToken: string) => Promise<Refreshed>)
    | undefined;
  /** The entry of an end that the sidecar itself brought about. */
  readonly endEntry: (record: SessionRecord, why: SessionEnd) => NewAuditEntry;
  readonly onFault: (error: unknown) => void;
}

/** What a cookie says. `unavailable`: there is a session, but who is in it cannot be told now. */
export type SessionReading =
  | { readonly kind: "none" }
  | { readonly kind: "signed-in"; readonly identity: Identity }
  | { readonly kind: "unavailable"; readonly detail: string };

export interface Sessions {
  /** Begins a session under a new id: the `set-cookie` value and the identity. Its entry is durable then. */
  begin(
    person: Person,
    tokens: SessionTokens | null,
    entry: (identity: Identity) => NewAuditEntry,
  ): Promise<{ readonly cookie: string; readonly identity: Identity }>;
  /** The verified identity of a `cookie` header; none for no cookie, an expired, an ended or a repeated one. */
  read(cookieHeader: string | undefined): Promise<SessionReading>;
  /** Ends the session of a `cookie` header for good; what it was, undefined if there was none. */
  end(cookieHeader: string | undefined): Promise<SessionRecord | undefined>;
  /** The `set-cookie` value that removes the cookie. */
  readonly clearedCookie: string;
}

const none: SessionReading = { kind: "none" };

/** A session as this process knows it. */
interface Live {
  record: SessionRecord;
  readAt: number;
  /** When the store was last told that it is in use. */
  savedAt: number;
  refreshing: Promise<SessionReading> | undefined;
}

class StoredSessions implements Sessions {
  readonly #options: SessionOptions;
  readonly #cookie: SealedCookie;
  /** Digests of cookie values that were opened → session ids. */
  readonly #opened = new Map<string, string>();
  readonly #live = new Map<string, Live>();
  readonly clearedCookie: string;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { key, cookie: name, audience, now } = options;
    this.#cookie = sealedCookie({ key, name, audience, now });
    this.clearedCookie = this.#cookie.cleared;
  }

  async begin(
    person: Person,
    tokens: SessionTokens | null,
    entry: (identity: Identity) => NewAuditEntry,
  ): Promise<{ cookie: string; identity: Identity }> {
    const { lifetimes, audience, store, people } = this.#options;
    const sid = randomBytes(16).toString("base64url");
    const now = this.#options.now();
    const expiresAt = now + lifetimes.absolute;
    const { subject, issuer, groups } = person;
    const identity = { subject, issuer, groups, session: sha256Hex(sid) };
    const times = { groupsAt: now, seenAt: now, expiresAt };
    const session = { id: identity.session, audience, subject, issuer, groups, tokens, ...times };
    await store.beginSession(session, entry(identity));
    people.learn(person, now);
    return { cookie: await this.#cookie.seal({ sid }, expiresAt), identity };
  }

  async read(cookieHeader: string | undefined): Promise<SessionReading> {
    const live = await this.#find(cookieHeader);
    if (live === undefined || !this.#isLiving(live.record)) return none;
    this.#noteUse(live);
    const { groupsMaxAge } = this.#options.lifetimes;
    const { issuer, groupsAt } = live.record;
    const isOld = issuer !== devIssuer && groupsAt + groupsMaxAge <= this.#options.now();
    if (!isOld) return this.#tell(live.record);
    live.refreshing ??= this.#refresh(live).finally(() => {
      live.refreshing = undefined;
    });
    return live.refreshing;
  }

  #isLiving({ ended, audience, expiresAt, seenAt }: SessionRecord): boolean {
    const { lifetimes, now, ...own } = this.#options;
    if (ended !== null || audience !== own.audience) return false;
    return now() < expiresAt && now() < seenAt + lifetimes.idle;
  }

  #tell({ id, subject, issuer, groups }: SessionRecord): SessionReading {
    const now = this.#options.people.groupsNow({ subject, issuer, groups });
    if (now === undefined) return none;
    return { kind: "signed-in", identity: { subject, issuer, groups: now, session: id } };
  }

  async #find(cookieHeader: string | undefined): Promise<Live | undefined> {
    const value = this.#cookie.valueIn(cookieHeader);
    const id = value === undefined ? undefined : await this.#open(value);
    if (id === undefined) return undefined;
    const known = this.#live.get(id);
    const now = this.#options.now();
    if (known !== undefined && now < known.readAt + believed) return known;
    const record = await this.#options.store.session(id);
    if (record === undefined) {
      this.#live.delete(id);
      return undefined;
    }
    if (known !== undefined) {
      // What the store knows of its use is older than what this process knows.
      known.record = { ...record, seenAt: Math.max(record.seenAt, known.record.seenAt) };
      known.readAt = now;
      return known;
    }
    if (this.#live.size >= maxCached) this.#live.clear();
    const live = { record, readAt: now, savedAt: record.seenAt, refreshing: undefined };
    this.#live.set(id, live);
    return live;
  }

  async #open(value: string): Promise<string | undefined> {
    const name = sha256Hex(value);
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const sid = (await this.#cookie.open(value))?.["sid"];
    if (typeof sid !== "string") return undefined;
    if (this.#opened.size >= maxCached) this.#opened.clear();
    const id = sha256Hex(sid);
    this.#opened.set(name, id);
    return id;
  }

  /** Tells the store of a session's use now and then: after a restart it is at most so much older. */
  #noteUse(live: Live): void {
    const { now, lifetimes, store, onFault } = this.#options;
    const seenAt = now();
    live.record = { ...live.record, seenAt };
    if (seenAt < live.savedAt + Math.min(60_000, lifetimes.idle / 10)) return;
    live.savedAt = seenAt;
    store.updateSession(live.record.id, { seenAt }).catch(onFault);
  }

  async #refresh(live: Live): Promise<SessionReading> {
    const { record } = live;
    const token = record.tokens?.refresh;
    const { refresh } = this.#options;
    if (token === null || token === undefined || refresh === undefined) return none;
    const result = await refresh(record, token);
    if (result.kind === "unavailable") return result;
    if (result.kind === "refused") {
      await this.#end(record, "refused");
      return none;
    }
    const { groups, tokens } = result;
    const groupsAt = this.#options.now();
    const change = { groups, groupsAt, tokens };
    if (!(await this.#options.store.updateSession(record.id, change))) return none;
    live.record = { ...live.record, ...change };
    this.#options.people.learn({ ...record, groups }, groupsAt);
    return this.#tell(live.record);
  }

  async #end(record: SessionRecord, why: SessionEnd): Promise<void> {
    const { store, people, now, endEntry } = this.#options;
    // When it was said counts also after a restart: later than what another session of this person was told.
    if (why === "refused") await store.updateSession(record.id, { groupsAt: now() });
    await store.endSession(record.id, why, endEntry(record, why));
    this.#live.delete(record.id);
    const { subject, issuer } = record;
    if (why === "refused") people.learn({ subject, issuer, groups: undefined }, now());
  }

  async end(cookieHeader: string | undefined): Promise<SessionRecord | undefined> {
    const live = await this.#find(cookieHeader);
    if (live === undefined || live.record.audience !== this.#options.audience) return undefined;
    await this.#end(live.record, "signed-out");
    return live.record;
  }
}

export function createSessions(options: SessionOptions): Sessions {
  return new StoredSessions(options);
}
