import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recognizers } from "../../../src/bundle/recognizers/registry.ts";
import { casesIn, expectCase } from "../fixture-case.ts";

const root = "fixtures/recognizers";
const cases = casesIn(root);

describe("recognizer fixtures", () => {
  it.each(cases)("%s", (name) => expectCase(join(root, name)));

  it("covers every recognizer", () => {
    const covered = new Set(cases.map((name) => name.split("/")[0]));
    expect(covered).toEqual(new Set(recognizers.map(({ name }) => name)));
  });

  it.each(["fetch", "neon", "beacon", "xhr", "axios", "ky", "ofetch", "fetch-event-source"])(
    "has the five kinds of case for %s",
    (recognizer) => {
      const names = cases.filter((name) => name.startsWith(`${recognizer}/`)).join(" ");
      for (const kind of [
        /positive|literal/,
        /minified/,
        /aliased|across-chunks/,
        /look-alike/,
        /dynamic/,
      ]) {
        expect(names).toMatch(kind);
      }
    },
  );
});
