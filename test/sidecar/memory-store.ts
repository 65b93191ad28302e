/** A store in memory, with the real state machine: for processors without a disk. Verifies nothing. */
import type { AuditEntry, NewAuditEntry } from "../../src/contract/audit-entry.ts";
import { transition } from "../../src/sidecar/approvals/state-machine.ts";
import type { ApprovalRecord, SessionRecord, Store } from "../../src/sidecar/store/store.ts";

export interface MemoryStore extends Store {
  readonly log: AuditEntry[];
  readonly held: Map<string, ApprovalRecord>;
  readonly signedIn: Map<string, SessionRecord>;
  /** Every later write rejects. */
  broken: boolean;
}

export function createMemoryStore(now: () => number = Date.now): MemoryStore {
  const log: AuditEntry[] = [];
  const held = new Map<string, ApprovalRecord>();
  const signedIn = new Map<string, SessionRecord>();
  const notes = new Map<string, string>();
  const time = (): string => new Date(now()).toISOString();
  const append = async (entry: NewAuditEntry): Promise<AuditEntry> => {
    if (store.broken) throw new RangeError("no space");
    const stamped: AuditEntry = { ...entry, v: 1, seq: log.length, time: time() };
    log.push(stamped);
    return stamped;
  };
  const store: MemoryStore = {
    log,
    held,
    signedIn,
    broken: false,
    append,
    entries: async () => log,
    verify: async () => ({
      ok: true,
      origin: "memory",
      size: log.length,
      root: "",
      first: 0,
      clockBack: null,
      checkpoints: 0,
      signed: 0,
      useless: [],
    }),
    head: async () => ({ origin: "memory", size: log.length, root: "" }),
    addCheckpoint: async () => undefined,
    checkpoints: async () => [],
    dropArchived: async () => undefined,
    segments: async () => [],
    async hold({ expiresIn, ...approval }, entry) {
      const id = `held-${held.size}`;
      await append({ ...entry, approval: id });
      const record: ApprovalRecord = {
        ...approval,
        id,
        state: "pending",
        votes: [],
        detached: false,
        createdAt: time(),
        expiresAt: new Date(now() + expiresIn).toISOString(),
        decidedAt: null,
        finishedAt: null,
        fence: 0,
        trace: null,
        release: null,
        resolution: null,
        hasResult: false,
        resultStatus: null,
      };
      held.set(id, record);
      return record;
    },
    async approvals(query) {
      return [...held.values()].filter(
        (record) =>
          (query.states?.includes(record.state) ?? true) &&
          (query.detached ?? record.detached) === record.detached &&
          (query.requester?.subject ?? record.requester.subject) === record.requester.subject &&
          (query.operationDigest ?? record.operationDigest) === record.operationDigest &&
          (query.argumentsDigest ?? record.argumentsDigest) === record.argumentsDigest,
      );
    },
    countApprovals: async (query) => (await store.approvals(query)).length,
    async transition(id, event, entry) {
      const record = held.get(id);
      if (record === undefined) return { ok: false, refusal: "approval-unknown" };
      const result = transition(record, event, now());
      if (!result.ok) return result;
      await append(entry);
      const approval = { ...record, ...result.next };
      held.set(id, approval);
      return { ok: true, approval };
    },
    takeResult: async () => undefined,
    dropResults: async () => 0,
    async beginSession(session, entry) {
      await append(entry);
      signedIn.set(session.id, { ...session, ended: null });
    },
    session: async (id) => signedIn.get(id),
    sessions: async (person) =>
      [...signedIn.values()].filter(
        ({ subject, issuer }) =>
          person === undefined || (subject === person.subject && issuer === person.issuer),
      ),
    async updateSession(id, change) {
      const session = signedIn.get(id);
      if (session === undefined || session.ended !== null) return false;
      signedIn.set(id, { ...session, ...change });
      return true;
    },
    async endSession(id, why, entry) {
      const session = signedIn.get(id);
      if (session === undefined || session.ended !== null) return false;
      await append(entry);
      signedIn.set(id, { ...session, ended: why, tokens: null });
      return true;
    },
    async dropSessions(expiredBy) {
      const gone = [...signedIn.values()].filter(({ expiresAt }) => expiresAt <= expiredBy);
      for (const { id } of gone) signedIn.delete(id);
      return gone.length;
    },
    async keep(name, value) {
      if (value === null) notes.delete(name);
      else notes.set(name, value);
    },
    kept: async (name) => notes.get(name),
    close: async () => undefined,
  };
  return store;
}
