/** The emitted program is killed while it answers calls: what was answered is in the trail, and the trail verifies. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { startUpstream, writeDesk, type DeskWorkspace, type Upstream } from "../desk-workspace.ts";
import { killServing } from "./trail-kills.ts";

let upstream: Upstream;
let desk: DeskWorkspace;

beforeAll(async () => {
  upstream = await startUpstream();
  desk = writeDesk(upstream.port);
});
afterAll(async () => {
  await upstream.stop();
  desk.remove();
});

it("has an entry for every answered call, and verifies, over 30 kills under load", async () => {
  const survey = await killServing(desk, 30, Math.random);
  expect(survey).toMatchObject({ lost: [], bad: [] });
  expect(survey.answered[201]).toBeGreaterThan(30);
}, 600_000);
