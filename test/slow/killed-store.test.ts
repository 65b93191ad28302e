import { join } from "node:path";
import { expect, it } from "vitest";
import { killRounds } from "../sidecar/store/killed.ts";
import { makeFolder } from "../sidecar/store/sqlite-setup.ts";

it("has every promised entry, and verifies, after being killed 300 times under load", async () => {
  const folder = makeFolder();
  const survey = await killRounds(join(folder.path, "store.db"), 300, Math.random);
  expect(survey).toMatchObject({ lost: [], bad: [] });
  expect(survey.promised).toBeGreaterThan(300);
  folder.remove();
});
