/** The formats of a report that programs read, by name. How it reads in a terminal is the command line's. */
import type { CheckReport } from "../check-report.ts";
import { renderGithub } from "./github.ts";
import { renderGitlab } from "./gitlab.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderSarif } from "./sarif.ts";

type Render = (report: CheckReport) => string;

export const renderers = {
  json: (report) => JSON.stringify(report, undefined, 2),
  sarif: renderSarif,
  junit: renderJunit,
  github: renderGithub,
  gitlab: renderGitlab,
  markdown: renderMarkdown,
} as const satisfies Record<string, Render>;

export type ReportFormat = keyof typeof renderers;
