/** Every rule that a finding can name has its page, and the page says what the table says. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { helpText, helpUri, rules } from "../../src/ci/rules.ts";
import { ruleSchema } from "../../src/contract/build.ts";

const folder = new URL("../../docs/rules/", import.meta.url);
const manifest = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { files: string[]; version: string };

describe("rules", () => {
  it("have a page each, and no page is left over", () => {
    expect(readdirSync(folder).toSorted()).toEqual(
      ruleSchema.options.map((rule) => `${rule}.md`).toSorted(),
    );
    expect(Object.keys(rules).toSorted()).toEqual(ruleSchema.options.toSorted());
  });

  it.each(ruleSchema.options)("%s has title and severity of the table, and what to do", (rule) => {
    const { title, severity, governed } = rules[rule];
    const governedText = governed === undefined ? "" : `, with a workspace: ${governed}`;
    const page = helpText(rule);
    expect(page.split("\n").slice(0, 4)).toEqual([
      `# ${rule}`,
      "",
      `_${title}_ · severity: ${severity}${governedText}`,
      "",
    ]);
    expect(page).toContain("\n## What to do\n");
  });

  it("have an address of their page, which ships with the package", () => {
    expect(manifest.files).toContain("docs/rules");
    expect(helpUri("ungated-write")).toBe(
      `https://unpkg.com/govern@${manifest.version}/docs/rules/ungated-write.md`,
    );
  });
});
