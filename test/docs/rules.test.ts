/** Every rule that a finding can name has its page. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ruleSchema } from "../../src/contract/build.ts";

const folder = new URL("../../docs/rules/", import.meta.url);

describe("rules", () => {
  it("have a page each, and no page is left over", () => {
    expect(readdirSync(folder).toSorted()).toEqual(
      ruleSchema.options.map((rule) => `${rule}.md`).toSorted(),
    );
  });

  it.each(ruleSchema.options)("%s says what it means and what to do", (rule) => {
    const page = readFileSync(new URL(`${rule}.md`, folder), "utf8");
    expect(page).toMatch(new RegExp(`^# ${rule}\n\n_.+_ · severity: (error|warning|note)\n`));
    expect(page).toContain("\n## What to do\n");
  });
});
