/** The emitted program is killed at each step of an execution: no approved write is lost, none runs twice. */
import { afterAll, beforeAll, describe, it } from "vitest";
import { startLedger, type Ledger } from "./ledger.ts";
import { allRounds, Crashes } from "./rounds.ts";

describe("a sidecar that is killed and started again", () => {
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

  it.each(allRounds)("$step of a write to $place: runs it once, or says unknown", (round) =>
    crashes.run(round),
  );
});
