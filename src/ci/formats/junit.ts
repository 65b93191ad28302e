/** JUnit XML, as test reporters of CI systems read it: a case for each finding, and one for each rule that found nothing. */
import { ruleSchema } from "../../contract/build.ts";
import type { CheckFinding, CheckReport } from "../check-report.ts";
import { rules } from "../rules.ts";
import { verdictText, writesText } from "./counted.ts";

/** Text as XML 1.0 can hold it: what it cannot becomes a replacement character. */
function xml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\r", "&#13;")
    .replaceAll("\t", "&#9;");
}

function attributes(pairs: Readonly<Record<string, string | number>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => ` ${name}="${xml(String(value))}"`)
    .join("");
}

function isFailure({ severity, state }: CheckFinding): boolean {
  return severity === "error" && state === "new";
}

function whereText({ location }: CheckFinding): string {
  return `${location.uri}:${location.line}:${location.column}`;
}

function outcomeOf(finding: CheckFinding): string {
  const { rule, message, fix = "", state, suppressed = "", severity } = finding;
  if (isFailure(finding)) {
    const text = xml(`${whereText(finding)}\n${message}\n${fix}`);
    return `<failure${attributes({ type: rule, message })}>${text}</failure>`;
  }
  if (state === "known") return `<skipped${attributes({ message: "known in the baseline" })}/>`;
  if (state === "suppressed")
    return `<skipped${attributes({ message: `suppressed: ${suppressed}` })}/>`;
  return `<system-out>${xml(`${severity}: ${message}`)}</system-out>`;
}

function caseOf(report: CheckReport, finding: CheckFinding): string {
  const { rule, location } = finding;
  const named = attributes({
    classname: `govern.${report.app}.${rule}`,
    name: `${rules[rule].title}: ${whereText(finding)}`,
    file: location.uri,
    line: location.line,
    time: 0,
  });
  return `    <testcase${named}>${outcomeOf(finding)}</testcase>`;
}

function cleanCases({ app, findings }: CheckReport): string[] {
  const found = new Set(findings.map(({ rule }) => rule));
  return ruleSchema.options
    .filter((rule) => !found.has(rule))
    .toSorted()
    .map((rule) => {
      const named = { classname: `govern.${app}.${rule}`, name: rules[rule].title, time: 0 };
      return `    <testcase${attributes(named)}/>`;
    });
}

/** One suite for the app. */
export function renderJunit(report: CheckReport): string {
  const cases = [
    ...report.findings.map((finding) => caseOf(report, finding)),
    ...cleanCases(report),
  ];
  const failures = report.findings.filter(isFailure).length;
  const skipped = report.known + report.suppressed;
  const facts = { tests: cases.length, failures, errors: 0, skipped, time: 0 };
  const { total, ungated, known } = report.writes;
  const properties = Object.entries({ writes: total, ungated, ungatedKnown: known }).map(
    ([name, value]) => `      <property${attributes({ name, value })}/>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "govern check", ...facts })}>`,
    `  <testsuite${attributes({ name: report.app, ...facts })}>`,
    "    <properties>",
    ...properties,
    "    </properties>",
    ...cases,
    `    <system-out>${xml(`${verdictText(report)}; ${writesText(report)}`)}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
  ].join("\n");
}
