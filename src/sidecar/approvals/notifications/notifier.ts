/**
 * Tells channels what happens to approvals. The audit log is the outbox: an entry is there because its transition is, so
 * nothing is told that did not happen and nothing that happened is forgotten. Each channel has a place of its own in the log,
 * kept durably: what is sent twice after a crash has the same id. It never delays a call.
 */
import type { AuditEntry } from "../../../contract/audit-entry.ts";
import type { Store } from "../../store/store.ts";
import type { Channel, Delivery } from "./channel.ts";
import { isLast, noticeOf, noticeTypeOf } from "./notice.ts";

export interface NotifierOptions {
  readonly store: Store;
  readonly channels: readonly Channel[];
  /** Where approvals are decided. */
  readonly operatorUrl: string;
  /** Told of what was given up, and of faults. */
  readonly onFault: (error: unknown) => void;
  readonly log: (line: string) => void;
  readonly now?: () => number;
  /** Milliseconds between looks at the log; default 1000. */
  readonly every?: number;
  /** Milliseconds before the next attempt, after how many; default 1 s doubled up to 10 minutes. */
  readonly backoff?: (attempts: number) => number;
}

const batch = 100;
/** How long after it happened a notice is still worth sending, in milliseconds. */
const worthwhile = 24 * 3_600_000;
const told = ["held", "decision", "outcome"] as const;

function defaultBackoff(attempts: number): number {
  return Math.min(1000 * 2 ** (attempts - 1), 600_000);
}

/** One channel's way through the log. */
class Line {
  readonly #options: NotifierOptions;
  readonly #channel: Channel;
  readonly #now: () => number;
  #attempts = 0;
  #notBefore = 0;

  constructor(options: NotifierOptions, channel: Channel) {
    this.#options = options;
    this.#channel = channel;
    this.#now = options.now ?? Date.now;
  }

  get #place(): string {
    return `notified ${this.#channel.name}`;
  }

  #referenceName(approval: string): string {
    return `notice ${this.#channel.name} ${approval}`;
  }

  /** Where to go on. A new channel begins with what happens from now on. */
  async #position(): Promise<number> {
    const { store } = this.#options;
    const kept = await store.kept(this.#place);
    if (kept !== undefined) return Number(kept);
    const [last] = await store.entries({ newestFirst: true, limit: 1 });
    const next = last === undefined ? 0 : last.seq + 1;
    await store.keep(this.#place, String(next));
    return next;
  }

  /** Sends what is due, in the order of the log. Stops at the first that has to wait. */
  async advance(): Promise<void> {
    if (this.#now() < this.#notBefore) return;
    const { store } = this.#options;
    let from = await this.#position();
    for (;;) {
      const entries = await store.entries({ from, types: told, limit: batch });
      for (const entry of entries) {
        if (!(await this.#tell(entry))) return;
        from = entry.seq + 1;
        await store.keep(this.#place, String(from));
      }
      if (entries.length < batch) return;
    }
  }

  /** Whether the entry is done with. */
  async #tell(entry: AuditEntry): Promise<boolean> {
    const type = noticeTypeOf(entry);
    const { store, operatorUrl } = this.#options;
    if (type === undefined) return true;
    const [record] = await store.approvals({ ids: [entry.approval ?? ""] });
    if (record === undefined) return true;
    const name = this.#referenceName(record.id);
    const notice = noticeOf(entry, type, record, operatorUrl);
    const delivery = await this.#channel.deliver(notice, await store.kept(name));
    if (delivery.kind !== "sent") return this.#isGivenUp(entry, delivery);
    this.#attempts = 0;
    await this.#refer(name, delivery.reference, isLast(type));
    return true;
  }

  async #refer(name: string, reference: string | null, isOver: boolean): Promise<void> {
    const { store } = this.#options;
    const kept = await store.kept(name);
    const wanted = isOver ? null : reference;
    if (wanted !== (kept ?? null)) await store.keep(name, wanted);
  }

  #isGivenUp(entry: AuditEntry, { kind, why }: Exclude<Delivery, { kind: "sent" }>): boolean {
    const isOld = this.#now() - Date.parse(entry.time) > worthwhile;
    if (kind === "refused" || isOld) {
      const about = `entry ${entry.seq} about approval ${entry.approval}`;
      this.#options.log(`notifications.${this.#channel.name}: ${about} was not sent: ${why}`);
      this.#attempts = 0;
      return true;
    }
    this.#attempts += 1;
    this.#notBefore = this.#now() + (this.#options.backoff ?? defaultBackoff)(this.#attempts);
    return false;
  }
}

/** Starts telling. The returned function ends it, after what is being sent. */
export function startNotifier(options: NotifierOptions): () => Promise<void> {
  const lines = options.channels.map((channel) => new Line(options, channel));
  let round: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = lines.length === 0;
  const arm = (): void => {
    if (isStopped) return;
    timer = setTimeout(look, options.every ?? 1000).unref();
  };
  const advance = async (line: Line): Promise<void> => {
    try {
      await line.advance();
    } catch (error) {
      options.onFault(error);
    }
  };
  function look(): void {
    round = Promise.all(lines.map(advance)).then(arm);
  }
  if (!isStopped) look();
  return async () => {
    isStopped = true;
    clearTimeout(timer);
    await round;
  };
}
