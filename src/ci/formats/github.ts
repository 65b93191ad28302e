/** Annotations of GitHub Actions: workflow commands, one a line, escaped as the runner unescapes them. */
import type { CheckFinding, CheckReport } from "../check-report.ts";
import { verdictText, writesText } from "./counted.ts";

const commands = { error: "error", warning: "warning", note: "notice" } as const;

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function command(
  name: string,
  properties: Readonly<Record<string, string | number>>,
  data: string,
): string {
  const given = Object.entries(properties)
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}`)
    .join(",");
  return `::${name} ${given}::${escapeData(data)}`;
}

function annotation({ rule, severity, message, fix, location }: CheckFinding): string {
  const { uri, line, column } = location;
  const place = { file: uri, line, endLine: line, col: column, title: rule };
  return command(commands[severity], place, fix === undefined ? message : `${message}\n${fix}`);
}

/** An annotation for each finding that counts, and a notice with the verdict and the writes. */
export function renderGithub(report: CheckReport): string {
  const annotations = report.findings.filter(({ state }) => state === "new").map(annotation);
  const verdict = `${report.app} ${verdictText(report)}; ${writesText(report)}`;
  return [...annotations, command("notice", { title: "govern check" }, verdict)].join("\n");
}
