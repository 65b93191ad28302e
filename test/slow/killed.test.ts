/** 300 kills of the emitted program, over every step and place. */
import { afterAll, beforeAll, it } from "vitest";
import { startLedger, type Ledger } from "../sidecar/crash/ledger.ts";
import { allRounds, Crashes } from "../sidecar/crash/rounds.ts";

const kills = Number(process.env["KILLS"] ?? 300);

let ledger: Ledger;
let crashes: Crashes;

beforeAll(async () => {
  ledger = await startLedger();
  crashes = new Crashes(ledger);
  await crashes.start();
});
afterAll(async () => {
  await crashes.stop();
  await ledger.stop();
});

it(`loses no approved write and runs none twice, over ${kills} kills`, async () => {
  for (let kill = 0; kill < kills; kill += 1) {
    const round = allRounds[kill % allRounds.length];
    if (round !== undefined) await crashes.run(round);
  }
});
