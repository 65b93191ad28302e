import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv-draft-04";
import addFormats from "ajv-formats";
import type { Log } from "sarif";
import { describe, expect, it } from "vitest";
import { renderers } from "../../src/ci/formats/formats.ts";
import { checked, hostileText } from "./sample-report.ts";

const schemaPath = createRequire(import.meta.url).resolve(
  "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json",
);
const schema = JSON.parse(readFileSync(schemaPath, "utf8")) as object;
const ajv = new Ajv.default({ strict: false, unicodeRegExp: false });
addFormats.default(ajv);
const validate = ajv.compile(schema);

const sarif = (): Log => JSON.parse(renderers.sarif(checked)) as Log;

describe("SARIF", () => {
  it("is valid by the published schema, which refuses what is not", () => {
    expect(validate(sarif()), JSON.stringify(validate.errors)).toBe(true);
    const broken = sarif();
    Object.assign(broken.runs[0]?.results?.[0] ?? {}, { level: "fatal" });
    expect(validate(broken)).toBe(false);
  });

  it("stands in the original source, and in the bundle by a related location", () => {
    const [result] = sarif().runs[0]?.results ?? [];
    expect(result?.locations?.[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: "web/src/Credit%20form.tsx", uriBaseId: "%SRCROOT%" },
      region: { startLine: 12, startColumn: 5 },
    });
    expect(result?.relatedLocations?.[0]?.physicalLocation?.region).toEqual({
      startLine: 1,
      startColumn: 10,
    });
    expect(sarif().runs[0]?.results?.[1]).not.toHaveProperty("relatedLocations");
  });

  it("names each rule with level, page and text, and each result its rule", () => {
    const [run] = sarif().runs;
    const rules = run?.tool.driver.rules ?? [];
    for (const rule of rules) {
      expect(rule.helpUri).toMatch(new RegExp(`^https://.+/docs/rules/${rule.id}\\.md$`));
      expect(rule.help?.markdown).toContain(`# ${rule.id}\n`);
    }
    for (const { ruleId, ruleIndex = -1 } of run?.results ?? []) {
      expect(rules[ruleIndex]?.id).toBe(ruleId);
    }
  });

  it("tells what is known and what is suppressed apart from what is new", () => {
    const results = sarif().runs[0]?.results ?? [];
    expect(results.map(({ baselineState }) => baselineState)).toEqual([
      "new",
      "unchanged",
      "new",
      "new",
      "new",
    ]);
    expect(results.map(({ suppressions = [] }) => suppressions.length)).toEqual([0, 0, 1, 0, 0]);
    expect(results[2]?.suppressions?.[0]?.justification).toBe(hostileText);
    expect(results[0]?.partialFingerprints).toEqual({ "governFinding/v1": "1".repeat(32) });
  });
});

/** Balanced tags, quoted attributes, no character that XML cannot hold. */
function wellFormed(text: string): boolean {
  const body = text.replace(/^<\?xml [^?]*\?>\n/, "");
  if (/[^\t\n\r -\uFFFD]|&(?!(?:amp|lt|gt|quot|#\d+);)/.test(body)) return false;
  const open: string[] = [];
  const tag = /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)\s*(\/?)>/gi;
  if (/[<>]/.test(body.replaceAll(tag, ""))) return false;
  for (const [, end, name = "", , empty] of body.matchAll(tag)) {
    if (end === "/" && open.pop() !== name) return false;
    if (end === "" && empty === "") open.push(name);
  }
  return open.length === 0;
}

describe("JUnit", () => {
  it("is XML, whatever the messages hold", () => {
    expect(wellFormed(renderers.junit(checked))).toBe(true);
    expect(wellFormed(renderers.junit({ ...checked, app: hostileText }))).toBe(true);
  });

  it("fails the errors that count alone, and has cases where nothing was found", () => {
    const text = renderers.junit(checked);
    expect(text.match(/<failure/g)).toHaveLength(1);
    expect(text.match(/<skipped/g)).toHaveLength(2);
    expect(text).toMatch(/<testsuite name="support-console" tests="(\d+)" failures="1"/);
    const cases = text.match(/<testcase/g) ?? [];
    expect(text).toContain(`tests="${cases.length}"`);
    const none = { ...checked, findings: [], known: 0, suppressed: 0, passed: true };
    expect(renderers.junit(none)).toMatch(/tests="[1-9]\d+" failures="0"/);
  });
});

describe("GitHub annotations", () => {
  it("are one line each, escaped so that no text is a command or a property", () => {
    const lines = renderers.github(checked).split("\n");
    expect(lines).toEqual([
      "::error file=web/src/Credit form.tsx,line=12,endLine=12,col=5,title=ungated-write::POST https://api.acme.example/api/credits changes data.%0AReview it.",
      expect.stringMatching(
        /^::warning file=web\/dist\/a%2Cb%3Ac%25\.js,line=4,endLine=4,col=10,title=mutating-get::50%25 of [^\r]+%0D%0A[^\r]+$/,
      ),
      expect.stringMatching(/^::notice file=govern\.yaml,/),
      expect.stringMatching(
        /^::notice title=govern check::support-console failed .*1 write, 1 ungated/,
      ),
    ]);
  });
});

describe("GitLab code quality", () => {
  it("has the five members of each issue, with unique fingerprints", () => {
    const issues = JSON.parse(renderers.gitlab(checked)) as {
      fingerprint: string;
      location: { path: string };
    }[];
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
    expect(issues[0]).toEqual({
      description: "POST https://api.acme.example/api/credits changes data.",
      check_name: "ungated-write",
      fingerprint: "1".repeat(32),
      severity: "critical",
      location: { path: "web/src/Credit form.tsx", lines: { begin: 12 } },
    });
    for (const { location } of issues) expect(location.path).not.toMatch(/^\.?\//);
  });
});

describe("Markdown", () => {
  it("keeps every finding in its row, whatever the messages hold", () => {
    const lines = renderers.markdown(checked).split("\n");
    const rows = lines.filter((line) => /^\| (?:❌|⚠️|ℹ️)/.test(line));
    expect(rows).toHaveLength(checked.findings.length);
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
    expect(rows.join("\n")).not.toMatch(/<b>/);
  });

  it("lists every write with its review", () => {
    expect(renderers.markdown(checked)).toContain(
      "| `post-accounts-credits-3f9a2c` | `POST https://api.acme.example/api/accounts/{accountId}/credits` | **ungated** |",
    );
  });
});

describe("every format", () => {
  it.each(Object.entries(renderers))("%s counts the writes, known or not", (_name, render) => {
    const known = { ...checked, writes: { total: 31, ungated: 17, known: 17 } };
    expect(render(known)).toMatch(/31[^0-9][^]*17/);
  });

  it.each(Object.entries(renderers))("%s says the same twice", (_name, render) => {
    expect(render(checked)).toBe(render(checked));
  });
});
