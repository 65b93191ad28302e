/** 300 kills of a serving program at random points. */
import { expect, it } from "vitest";
import { killServing } from "../sidecar/crash/trail-kills.ts";
import { startUpstream, writeDesk } from "../sidecar/desk-workspace.ts";

const kills = Number(process.env["KILLS"] ?? 300);

it(`has an entry for every answered call, and verifies, over ${kills} kills under load`, async () => {
  const upstream = await startUpstream();
  const desk = writeDesk(upstream.port);
  const survey = await killServing(desk, kills, Math.random);
  expect(survey).toMatchObject({ lost: [], bad: [] });
  expect(survey.answered[201]).toBeGreaterThan(kills);
  await upstream.stop();
  desk.remove();
});
