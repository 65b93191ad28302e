/** What `govern audit list|tail|export` are asked for, as the query of the sidecar's API. */
import { Option, type Command } from "commander";
import { entryTypes } from "../../contract/entry-type.ts";
import { usageError } from "../failure.ts";

export interface FilterFlags {
  readonly type?: string;
  readonly app?: string;
  readonly user?: string;
  readonly operation?: string;
  readonly approval?: string;
  readonly correlation?: string;
  readonly since?: string;
  readonly until?: string;
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time (`2026-05-04`, `2026-05-04T13:00Z`), or how long ago (`90m`, `7d`), in UTC. */
export function timeOf(option: string, text: string, now: number): string {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const isDate =
    /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const zoned = /T.*(?:Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`;
  const time = count === undefined ? Date.parse(zoned) : now - Number(count) * (units[unit] ?? 0);
  if ((count === undefined && !isDate) || Number.isNaN(time)) {
    throw usageError(
      `${option} ${text} is no time.`,
      "Give a date or time in UTC (2026-05-04, 2026-05-04T13:00Z), or how long ago (90m, 24h, 7d).",
    );
  }
  return new Date(time).toISOString();
}

/** The query of the filters. Impossible ones are a usage error. */
export function filterQuery(flags: FilterFlags, now: number): URLSearchParams {
  const query = new URLSearchParams();
  const since = flags.since === undefined ? undefined : timeOf("--since", flags.since, now);
  const until = flags.until === undefined ? undefined : timeOf("--until", flags.until, now);
  if (since !== undefined && until !== undefined && since >= until) {
    throw usageError(
      "--since is not before --until: no entry can be between them.",
      "Exchange the two, or leave one out.",
    );
  }
  const pairs = {
    type: flags.type,
    app: flags.app,
    subject: flags.user,
    operation: flags.operation,
    approval: flags.approval,
    correlation: flags.correlation,
    since,
    until,
  };
  for (const [name, value] of Object.entries(pairs))
    if (value !== undefined) query.set(name, value);
  return query;
}

/** Adds the options of the filters to a command. */
export function addFilters(command: Command): Command {
  return command
    .addOption(new Option("--type <type>", "of one type").choices(entryTypes))
    .option("--app <app>", "of one app")
    .option("--user <subject>", "of one person")
    .option("--operation <id>", "of one operation")
    .option("--approval <id>", "of one approval")
    .option("--correlation <id>", "of one call, by the id that its answer names")
    .option("--since <time>", "at or after: 2026-05-04, 2026-05-04T13:00Z, 24h ago as 24h")
    .option("--until <time>", "before, likewise");
}
