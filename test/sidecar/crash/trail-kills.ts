/** Kills the emitted program at random points while it answers calls, and looks whether the trail has what was answered. */
import { once } from "node:events";
import { join } from "node:path";
import type { AuditEntry } from "../../../src/contract/audit-entry.ts";
import { openTrailFile } from "../../../src/sidecar/store/sqlite/trail-file.ts";
import { verifyLog } from "../../../src/sidecar/store/sqlite/verify-log.ts";
import { signIn, type Tab } from "../client.ts";
import { apiPath, type DeskWorkspace } from "../desk-workspace.ts";
import { installProgram, startProgram } from "./program.ts";

const lanes = 6;

export interface Survey {
  /** Calls that were answered, by the status of their answers. */
  readonly answered: Readonly<Record<number, number>>;
  /** Answered calls without what the trail must say of them. */
  readonly lost: readonly string[];
  /** What verifying said after each kill, where it was not good. */
  readonly bad: readonly unknown[];
}

/** A call that was answered: its own name stands in what it sent. */
interface Answered {
  readonly name: string;
  readonly isWrite: boolean;
  readonly status: number;
}

async function callOnce(tab: Tab, name: string, isWrite: boolean): Promise<Answered> {
  const { status } = isWrite
    ? await tab.send({
        method: "PUT",
        path: `${apiPath}/v2/tickets/7/label`,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ label: name }),
      })
    : await tab.send({ path: `${apiPath}/v2/tickets/${name}` });
  return { name, isWrite, status };
}

/** Calls in several lanes until so many were answered, then kills the program. */
async function killAfter(program: string, round: number, calls: number): Promise<Answered[]> {
  const { child, port } = await startProgram(program);
  const exit = once(child, "exit");
  const tab = await signIn({ port, host: "desk.localhost" }, "sam");
  const answered: Answered[] = [];
  const lane = async (number: number): Promise<void> => {
    for (let n = 0; child.signalCode === null && !child.killed; n += 1) {
      // Once it is dead, calls are not answered.
      const one = await callOnce(tab, `r${round}-l${number}-n${n}`, n % 2 === 1).catch(() => null);
      if (one !== null) answered.push(one);
      if (answered.length >= calls) child.kill("SIGKILL");
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  await exit;
  return answered;
}

/** What the trail must say of an answered call, and does not. */
function missing({ name, isWrite, status }: Answered, entries: readonly AuditEntry[]): string[] {
  const own = entries.filter((entry) => JSON.stringify(entry.arguments).includes(`"${name}"`));
  const calls = new Set(own.map(({ correlation }) => correlation));
  const types = new Set(
    entries.filter(({ correlation }) => calls.has(correlation)).map(({ type }) => type),
  );
  const expected = status >= 400 ? ["refused"] : isWrite ? ["intent", "outcome"] : ["read"];
  return expected.every((type) => types.has(type as AuditEntry["type"]))
    ? []
    : [`${name} was answered ${status}: ${[...types].join(", ") || "no entry"}`];
}

/** Kills so many programs one after the other on one workspace; `random` gives numbers from 0 to 1. */
export async function killServing(
  desk: DeskWorkspace,
  rounds: number,
  random: () => number,
): Promise<Survey> {
  const program = installProgram(desk);
  const answered: Record<number, number> = {};
  const lost: string[] = [];
  const bad: unknown[] = [];
  let known = 0;
  for (let round = 0; round < rounds; round += 1) {
    const calls = await killAfter(program, round, 1 + Math.floor(random() * 60));
    const trail = openTrailFile(join(desk.folder, ".govern/store.db"));
    const verdict = verifyLog(trail.db);
    if (!verdict.ok) bad.push(verdict);
    const entries = trail.reader.entries({ from: known, limit: -1 });
    for (const call of calls) {
      answered[call.status] = (answered[call.status] ?? 0) + 1;
      lost.push(...missing(call, entries));
    }
    known = verdict.size;
    trail.close();
  }
  return { answered, lost, bad };
}
