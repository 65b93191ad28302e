import { describe, expect, it } from "vitest";
import type { External } from "../../src/contract/build.ts";
import type { CheckFinding } from "../../src/ci/check-report.ts";
import { countFindings } from "../../src/ci/severity.ts";
import { renderCheck, renderInspection } from "../../src/cli/report-view.ts";
import { displayWidth } from "../../src/cli/text.ts";
import { pipeLook, terminalLook } from "./looks.ts";
import { sampleReport } from "./sample-report.ts";

const asset = (kind: string, origin: string): External => ({
  kind,
  origin,
  file: "index.html",
  line: 4,
  column: 2,
});

describe("renderInspection", () => {
  it("fits every terminal width", () => {
    for (const width of [160, 100, 80, 60, 40]) {
      const lines = renderInspection(sampleReport, "dist", terminalLook(width)).split("\n");
      const longest = lines.toSorted((a, b) => displayWidth(b) - displayWidth(a))[0] ?? "";
      // A place is never broken: terminals link it.
      const limit = /^[✗!·] /.test(longest) ? Number.POSITIVE_INFINITY : width;
      expect(displayWidth(longest), `${width}: ${longest}`).toBeLessThanOrEqual(limit);
    }
  });

  it("gives places of the source where a map tells, else of the bundle, as editors count", () => {
    const text = renderInspection(sampleReport, "dist", pipeLook);
    expect(text).toContain("error[hardcoded-credential] src/api.ts:4:17");
    expect(text).toContain("warning[unresolved-call] assets/AccountHistory-CAd1qqqm.js:1:78");
    expect(text).toMatch(/post-accounts-credits-3f9a2c +write +POST .*credits +src\/api\.ts:22\n/);
  });

  it("tells what an origin is taken for unless it is data", () => {
    const [origin] = sampleReport.origins;
    expect(renderInspection(sampleReport, "dist", pipeLook)).not.toContain("ORIGIN");
    const origins = [
      {
        ...origin,
        id: "0a1b2c3d",
        origin: "https://i.posthog.com",
        class: "telemetry" as const,
        why: "telemetry to PostHog",
      },
    ];
    const text = renderInspection({ ...sampleReport, origins }, "dist", pipeLook);
    expect(text).toMatch(/https:\/\/i\.posthog\.com +telemetry +telemetry to PostHog/);
  });

  it("tells what becomes of assets from elsewhere", () => {
    const external = [
      asset("script", "https://cdn.acme.example"),
      asset("img", "https://img.acme.example"),
      asset("worker", "blob:"),
    ];
    const text = renderInspection({ ...sampleReport, external }, "dist", pipeLook);
    expect(text).toMatch(
      /script +https:\/\/cdn\.acme\.example +index\.html +not loaded: serve it with/,
    );
    expect(text).toMatch(
      /img +https:\/\/img\S+ +index\.html +not loaded until apps\.[\w-]+\.page\.img/,
    );
    expect(text).toMatch(/worker +blob: +index\.html +not started/);
  });

  it("lists writes first and open sites with their reason", () => {
    const text = renderInspection(sampleReport, "dist", pipeLook);
    expect(text.indexOf("post-accounts")).toBeLessThan(text.indexOf("get-accounts"));
    expect(text).toMatch(/s3 +fetch +\S+:1:78 +the address comes from/);
  });
});

describe("renderCheck", () => {
  const findings = sampleReport.findings.map((finding, index): CheckFinding => ({
    ...finding,
    fingerprint: String(index).repeat(32),
    state: "new",
    location: { uri: finding.file, line: finding.line, column: finding.column + 1 },
  }));
  const checked = {
    ...sampleReport,
    findings,
    path: "dist",
    target: "bundle",
    governed: false,
    writes: { total: 1, ungated: 1, known: 0 },
    known: 0,
    suppressed: 0,
  } as const;

  it("ends with the verdict and the next step", () => {
    const counts = countFindings(sampleReport.findings);
    const text = renderCheck({ ...checked, counts, passed: false }, pipeLook);
    expect(text).toMatch(
      /✗ failed with 1 error, 1 warning · 1 write, 1 ungated\n→ `govern import dist` .*$/,
    );
  });

  it("says that it passed, with what it noted", () => {
    const report = { ...checked, counts: { error: 0, warning: 0, note: 2 }, passed: true };
    expect(renderCheck(report, pipeLook)).toMatch(/✓ passed with 2 notes · 1 write, 1 ungated$/);
  });

  it("keeps what does not count to a line, and counts the writes that a baseline knows", () => {
    const accepted = findings.map((finding, index): CheckFinding => {
      return index === 0
        ? { ...finding, state: "known" }
        : { ...finding, state: "suppressed", suppressed: "a local tool" };
    });
    const text = renderCheck(
      {
        ...checked,
        findings: accepted,
        counts: { error: 0, warning: 0, note: 0 },
        writes: { total: 1, ungated: 1, known: 1 },
        known: 1,
        suppressed: 1,
        passed: true,
      },
      pipeLook,
    );
    expect(text).toContain("· known [hardcoded-credential] src/api.ts:4:17\n");
    expect(text).toMatch(/· suppressed \[unresolved-call\] \S+:1:78: a local tool\n/);
    expect(text).toContain("1 write, 1 ungated (1 of them known in the baseline)");
  });
});
