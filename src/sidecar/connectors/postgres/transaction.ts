/**
 * The life of one call's transaction. A call begins, runs and commits in one flight. A write that a crash must be settled
 * for begins first, tells the number of its transaction, and goes on once that is durable.
 */
import { Exchange, type ExchangeEnd, type Given, type Part } from "./exchange.ts";
import type { Session } from "./sessions.ts";

export interface TransactionOptions {
  readonly access: "read" | "write";
  /** What comes first in the transaction, and gives nothing. */
  readonly setup: readonly Part[];
  readonly statements: readonly Part[];
  /** Told before anything is done; what it rejects with ends the call, which then did nothing. */
  readonly trace?: (text: string) => Promise<void>;
}

/** How it ended. `untraced`: it did nothing. */
export type TransactionEnd =
  | { readonly kind: "committed"; readonly given: readonly Readonly<Given>[] }
  | Exclude<ExchangeEnd, { kind: "ended" }>
  | { readonly kind: "untraced"; readonly cause: unknown };

/** Runs one exchange to its end, or to when the call is given up. */
export type Run = (exchange: Exchange) => Promise<ExchangeEnd>;

const commit: Part = { text: "COMMIT", values: [], silent: true };
const number: Part = { text: "SELECT pg_catalog.pg_current_xact_id()::text", values: [] };

function endOf(end: ExchangeEnd, before: number): TransactionEnd {
  if (end.kind !== "ended") return end;
  return end.given.at(-1)?.tag === "COMMIT"
    ? { kind: "committed", given: end.given.slice(before, -1) }
    : { kind: "refused", sqlstate: "" };
}

/** What pg_xact_status is asked by later: the transaction, and the cluster's history that it belongs to. */
interface Trace {
  readonly xid: string;
  /** Null where the role may not know: then nothing can be told later. */
  readonly cluster: string | null;
}

/** Runs a call in a transaction of its own. */
export async function runTransaction(
  { access, setup, statements, trace }: TransactionOptions,
  session: Session,
  run: Run,
): Promise<TransactionEnd> {
  const begin: Part = {
    text: access === "read" ? "BEGIN READ ONLY" : "BEGIN READ WRITE",
    values: [],
    silent: true,
  };
  if (trace === undefined) {
    return endOf(
      await run(new Exchange([begin, ...setup, ...statements, commit])),
      1 + setup.length,
    );
  }
  const begun = await run(new Exchange([begin, ...setup, number]));
  if (begun.kind !== "ended") {
    // Nothing of it was sent yet.
    return begun.kind === "lost" ? { kind: "untraced", cause: undefined } : begun;
  }
  const told: Trace = { xid: begun.given.at(-1)?.rows[0]?.[0] ?? "", cluster: session.cluster };
  try {
    await trace(JSON.stringify(told));
  } catch (cause) {
    return { kind: "untraced", cause };
  }
  return endOf(await run(new Exchange([...statements, commit])), 0);
}

/** Reads a trace; undefined for a text that is none, or that nothing can be told by. */
export function readTrace(text: string): { xid: string; cluster: string } | undefined {
  const { xid, cluster } = JSON.parse(text) as Partial<Trace>;
  if (typeof xid !== "string" || !/^\d{1,20}$/.test(xid)) return undefined;
  return typeof cluster === "string" ? { xid, cluster } : undefined;
}
