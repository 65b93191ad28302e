/**
 * SARIF 2.1.0 (OASIS), for code scanning: results stand in the original sources, their places in the bundle are related
 * locations, and fingerprints stay over rebuilds, so that an alert is the same one in the next build.
 */
import type * as Sarif from "sarif";
import { ruleSchema, type Rule } from "../../contract/build.ts";
import type { CheckFinding, CheckReport, Location } from "../check-report.ts";
import { helpText, helpUri, packageVersion, rules } from "../rules.ts";

const ruleIds: readonly Rule[] = ruleSchema.options.toSorted();

/** A path as the URI reference that SARIF wants. */
function uriOf(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function physical({ uri, line, column }: Location): Sarif.PhysicalLocation {
  return {
    artifactLocation: { uri: uriOf(uri), uriBaseId: "%SRCROOT%" },
    region: { startLine: line, startColumn: column },
  };
}

function descriptor(rule: Rule): Sarif.ReportingDescriptor {
  const { title, severity } = rules[rule];
  const page = helpText(rule);
  return {
    id: rule,
    shortDescription: { text: title },
    helpUri: helpUri(rule),
    help: { text: page, markdown: page },
    defaultConfiguration: { level: severity },
    properties: { tags: ["security"] },
  };
}

function suppressionsOf({ suppressed }: CheckFinding): Sarif.Suppression[] {
  return suppressed === undefined ? [] : [{ kind: "external", justification: suppressed }];
}

function resultOf(finding: CheckFinding): Sarif.Result {
  const { rule, severity, message, fix, operation, fingerprint, location, bundleLocation } =
    finding;
  return {
    ruleId: rule,
    ruleIndex: ruleIds.indexOf(rule),
    level: severity,
    message: { text: fix === undefined ? message : `${message} ${fix}` },
    locations: [{ physicalLocation: physical(location) }],
    ...(bundleLocation === undefined
      ? {}
      : {
          relatedLocations: [
            {
              id: 1,
              message: { text: "in the bundle" },
              physicalLocation: physical(bundleLocation),
            },
          ],
        }),
    partialFingerprints: { "governFinding/v1": fingerprint },
    suppressions: suppressionsOf(finding),
    baselineState: finding.state === "known" ? "unchanged" : "new",
    ...(operation === undefined ? {} : { properties: { operation } }),
  };
}

/** One run, a result for each finding; what is suppressed or known says so. */
export function renderSarif(report: CheckReport): string {
  const log: Sarif.Log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: "govern", version: packageVersion, rules: ruleIds.map(descriptor) },
        },
        columnKind: "utf16CodeUnits",
        // One category for each app: an upload of one must not close the alerts of another.
        automationDetails: { id: `govern/${report.app}/` },
        invocations: [{ executionSuccessful: true }],
        results: report.findings.map(resultOf),
        properties: { passed: report.passed, counts: report.counts, writes: report.writes },
      },
    ],
  };
  return JSON.stringify(log, undefined, 2);
}
