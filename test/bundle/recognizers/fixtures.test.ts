import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recognizers } from "../../../src/bundle/recognizers/registry.ts";
import { bundleIn, casesIn, expectCase } from "../fixture-case.ts";
import { expectSameRun, isExecuted } from "../executed-case.ts";
import { expectRewritten } from "../rewritten-case.ts";

const root = "fixtures/recognizers";
const cases = casesIn(root);

describe("recognizer fixtures", () => {
  it.each(cases)("%s", (name) => expectCase(join(root, name)));

  it.each(cases)("%s is rewritten so that it can be undone, mapped and repeated", async (name) =>
    expectRewritten(await bundleIn(join(root, name))),
  );

  it.each(cases.filter((name) => isExecuted(join(root, name))))("%s runs as before", (name) =>
    expectSameRun(join(root, name)),
  );

  it("covers every recognizer", () => {
    const covered = new Set(cases.map((name) => name.split("/")[0]));
    expect(covered).toEqual(new Set(recognizers.map(({ name }) => name)));
  });

  describe.each(recognizers.map(({ name }) => name))("those of %s", (recognizer) => {
    const own = cases.filter((name) => name.startsWith(`${recognizer}/`));

    it.each([/positive|literal/, /minified/, /aliased|across-chunks/, /look-alike/, /dynamic/])(
      "have one that is %s",
      (kind) => expect(own.join(" ")).toMatch(kind),
    );
  });
});
