/**
 * One round: the program is started, what the round before left is judged, a credit is asked for and approved, and the
 * program is killed at one step of its execution.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { expect } from "vitest";
import type { ApprovalView } from "../../../src/contract/approval.ts";
import type { HeldBody } from "../../../src/contract/wire.ts";
import { send, signIn, type Tab } from "../client.ts";
import { creditCall, type Ledger, type Manner, type Place } from "./ledger.ts";

/** Where the process is killed: at a job of the store, in an upstream's hands, or while a statement runs. */
export type Step =
  | `${"before" | "after"} ${"vote" | "claim" | "trace" | "finish" | "take-result"}`
  | `upstream: ${Exclude<Manner, "answer">}`
  | "statement runs";

export interface Round {
  readonly place: Place;
  readonly step: Step;
}

const jobs = ["vote", "claim", "finish", "take-result"] as const;
/** Those whose resource tells how a write ended. */
const tracing: readonly Place[] = ["keyed", "postgres"];

/** Every place with every step that it has. */
export const allRounds: readonly Round[] = (
  ["http", "keyed", "sqlite", "postgres"] as const
).flatMap((place) => [
  ...[...jobs, ...(tracing.includes(place) ? (["trace"] as const) : [])].flatMap((job): Round[] => [
    { place, step: `before ${job}` },
    { place, step: `after ${job}` },
  ]),
  ...(place === "http" || place === "keyed"
    ? (["drop", "credit-and-hang", "half-answer"] as const).map((manner): Round => {
        return { place, step: `upstream: ${manner}` };
      })
    : []),
  ...(place === "postgres" ? [{ place, step: "statement runs" } as const] : []),
]);

/** How a credit may have ended, by where the process was killed: its state, and how often it was made. */
function expectedEnds({ place, step }: Round): readonly string[] {
  // The vote was not durable: it still waits.
  if (step === "before vote") return ["pending 0"];
  if (/^(?:after vote|before claim|after finish|(?:before|after) take-result)$/.test(step)) {
    return ["executed 1"];
  }
  return place === "postgres" || place === "keyed" ? tracedEnds(place, step) : untracedEnds(step);
}

/** Where nothing tells how a write ended, nobody knows. */
function untracedEnds(step: Step): readonly string[] {
  return step === "after claim" || step === "upstream: drop" ? ["unknown 0"] : ["unknown 1"];
}

/** What was not sent has failed; what was, the resource tells. */
function tracedEnds(place: Place, step: Step): readonly string[] {
  if (step === "after claim" || step === "before trace") return ["failed 0"];
  // An API that does a write once per key is sent it again, a database is asked what became of it.
  if (step === "after trace" && place === "postgres") return ["failed 0"];
  return step === "statement runs" ? ["failed 0", "executed 1"] : ["executed 1"];
}

export class Crashes {
  readonly #ledger: Ledger;
  readonly #address = { port: 0, host: "credits.localhost" };
  #program: ChildProcess | undefined;
  #tab: Tab | undefined;
  #count = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  async start(): Promise<void> {
    const program = join(this.#ledger.folder, "governed/sidecar/sidecar.mjs");
    const child = spawn(process.execPath, [program, "--dev"], {
      env: {
        PATH: process.env["PATH"],
        GOVERN_PORT: "0",
        GOVERN_OPERATOR_PORT: "0",
        GOVERN_KILL_FILE: this.#ledger.killFile,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#program = child;
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    this.#address.port = await new Promise<number>((found, fail) => {
      child.once("exit", () => fail(new Error(`it did not start:\n${text}`)));
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        const port = /credits\.localhost:(\d+)/.exec(text)?.[1];
        if (port !== undefined) found(Number(port));
      });
    });
    this.#tab = await signIn(this.#address, "sam");
  }

  async stop(): Promise<void> {
    const child = this.#program;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  }

  #tell(path: string, user: string, body?: unknown): ReturnType<typeof send> {
    const socket = join(this.#ledger.folder, ".govern/control.sock");
    const json = { "content-type": "application/json", "govern-as": user };
    return body === undefined
      ? send({ socket }, { path, headers: json })
      : send({ socket }, { method: "POST", path, headers: json, body: JSON.stringify(body) });
  }

  async #state(id: string): Promise<string> {
    const reply = await this.#tell(`/api/approvals/${id}`, "ana");
    return (reply.json() as ApprovalView).state;
  }

  async #hold(place: Place, note: string): Promise<string> {
    const { path, body } = creditCall(place, note);
    if (this.#tab === undefined) throw new Error("nobody is signed in");
    const held = await this.#tab.post(path, body);
    expect(held.status).toBe(202);
    return (held.json() as HeldBody).ticket;
  }

  async #approve(id: string): Promise<void> {
    const body = { decision: "approve", reason: null };
    // The process may be gone before it answers.
    await this.#tell(`/api/approvals/${id}/decision`, "ana", body).catch(() => undefined);
  }

  /** Brings the process to the step, and waits until it is dead. */
  async #die({ place, step }: Round, id: string): Promise<void> {
    const child = this.#program;
    if (child === undefined) throw new Error("nothing runs");
    const dead = once(child, "exit");
    const kill = (): void => void child.kill("SIGKILL");
    if (step.startsWith("upstream: ")) {
      this.#ledger.manner = step.slice("upstream: ".length) as Manner;
      this.#ledger.onReached = kill;
    } else if (step !== "statement runs") {
      writeFileSync(this.#ledger.killFile, step);
    }
    const blocked = step === "statement runs" ? await this.#blockStatement(kill) : undefined;
    await this.#approve(id);
    if (step.endsWith("take-result")) await this.#fetchResult(id);
    const [, signal] = (await dead) as [number | null, string | null];
    expect(signal, `${place}, ${step}`).toBe("SIGKILL");
    await blocked?.();
    this.#ledger.manner = "answer";
    rmSync(this.#ledger.killFile, { force: true });
  }

  async #fetchResult(id: string): Promise<void> {
    await expect.poll(() => this.#state(id)).toBe("executed");
    await this.#tab?.send({ path: `/_govern/tickets/${id}/result` }).catch(() => undefined);
  }

  /** Locks the table, and kills once the statement waits for it. Gives what unlocks it. */
  async #blockStatement(kill: () => void): Promise<() => Promise<void>> {
    const connectionString = this.#ledger.postgresUrl;
    const [locker, watcher] = [new Client({ connectionString }), new Client({ connectionString })];
    await Promise.all([locker.connect(), watcher.connect()]);
    await locker.query("BEGIN; LOCK TABLE credits");
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    const watch = async (): Promise<void> => {
      await expect.poll(async () => (await watcher.query(waiting)).rowCount).toBe(1);
      kill();
    };
    const watched = watch();
    return async () => {
      await watched;
      await locker.query("COMMIT");
      await Promise.all([locker.end(), watcher.end()]);
    };
  }

  /** Runs one round and checks how it ended, with the program started anew. */
  async run(round: Round): Promise<void> {
    this.#count += 1;
    const note = `${round.place} ${this.#count}`;
    const id = await this.#hold(round.place, note);
    await this.#die(round, id);
    await this.start();
    const told = `${round.place}, killed ${round.step}`;
    await expect.poll(() => this.#state(id)).not.toMatch(/^(?:approved|executing)$/);
    const end = async (): Promise<string> =>
      `${await this.#state(id)} ${await this.#ledger.credits(round.place, note)}`;
    expect(expectedEnds(round), told).toContain(await end());
    if (round.step !== "before vote") return;
    // Nothing of the vote was kept, so it can be given again, and runs.
    await this.#approve(id);
    await expect.poll(end, { message: told }).toBe("executed 1");
  }
}
