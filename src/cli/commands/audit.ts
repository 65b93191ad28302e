/** `govern audit`: the trail, over the control socket; what proves it, from the store's file itself. */
import { setTimeout as delay } from "node:timers/promises";
import { Option, type Command } from "commander";
import type { AuditEntry } from "../../contract/audit-entry.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { csvHead, csvLine, jsonLine } from "../audit/export.ts";
import { addFilters, filterQuery, type FilterFlags } from "../audit/filters.ts";
import type { ProveFlags } from "../audit/prove.ts";
import type { StoreFlags, VerifyFlags } from "../audit/verify.ts";
import { collectText, ending, examples, type CommandContext, type ExitCode } from "../command.ts";
import { callSidecar } from "../control-client.ts";
import { usageError } from "../failure.ts";

interface ListFlags extends FilterFlags {
  readonly limit: string;
  readonly json?: boolean;
}
interface TailFlags extends FilterFlags {
  readonly json?: boolean;
}
interface ExportFlags extends FilterFlags {
  readonly format: "jsonl" | "csv";
}
interface JsonFlag {
  readonly json?: boolean;
}

/** Entries that are asked for at once. */
const page = 1000;
/** Milliseconds between two looks for new entries. */
const lookEvery = 500;

const loadView = () => import("../audit-view.ts");
const loadVerify = () => import("../audit/verify.ts");
const loadProve = () => import("../audit/prove.ts");

function fetchEntries(cwd: string, query: URLSearchParams): Promise<readonly AuditEntry[]> {
  return callSidecar<readonly AuditEntry[]>(cwd, { path: `/api/audit?${query.toString()}` });
}

function countOf(text: string): string {
  if (/^[1-9]\d{0,8}$/.test(text)) return text;
  throw usageError(`"${text}" is not a number of entries.`, "Give --limit a number from 1.");
}

async function runList({ output, cwd }: CommandContext, flags: ListFlags): Promise<ExitCode> {
  const query = filterQuery(flags, Date.now());
  query.set("limit", countOf(flags.limit));
  query.set("newest", "true");
  const newest = await fetchEntries(cwd, query);
  const entries = newest.toSorted((a, b) => a.seq - b.seq);
  if (flags.json === true) output.printJson(entries);
  else output.print((await loadView()).renderEntries(entries, output.look));
  return 0;
}

/** Entries from a place on, page by page, until there are no more. */
async function* pagesFrom(
  cwd: string,
  flags: FilterFlags,
  from: number,
): AsyncGenerator<readonly AuditEntry[]> {
  const query = filterQuery(flags, Date.now());
  query.set("limit", String(page));
  for (let next = from; ;) {
    query.set("from", String(next));
    const entries = await fetchEntries(cwd, query);
    if (entries.length > 0) yield entries;
    const last = entries.at(-1);
    if (last === undefined || entries.length < page) return;
    next = last.seq + 1;
  }
}

async function runExport({ output, cwd }: CommandContext, flags: ExportFlags): Promise<ExitCode> {
  const line = flags.format === "csv" ? csvLine : jsonLine;
  if (flags.format === "csv") output.print(csvHead);
  for await (const entries of pagesFrom(cwd, flags, 0)) {
    output.print(entries.map(line).join("\n"));
  }
  return 0;
}

async function runTail({ output, cwd }: CommandContext, flags: TailFlags): Promise<ExitCode> {
  const query = filterQuery(flags, Date.now());
  query.set("limit", "10");
  query.set("newest", "true");
  let entries = (await fetchEntries(cwd, query)).toReversed();
  const newest = await fetchEntries(cwd, new URLSearchParams({ limit: "1", newest: "true" }));
  let next = (newest[0]?.seq ?? -1) + 1;
  const { renderEntries } = await loadView();
  for (;;) {
    if (flags.json === true) for (const entry of entries) output.print(jsonLine(entry));
    else if (entries.length > 0) output.print(renderEntries(entries, output.look));
    await delay(lookEvery);
    entries = [];
    for await (const more of pagesFrom(cwd, flags, next)) entries.push(...more);
    next = Math.max(next, (entries.at(-1)?.seq ?? -1) + 1);
  }
}

async function runShow(
  { output, cwd }: CommandContext,
  seq: string,
  flags: JsonFlag,
): Promise<ExitCode> {
  if (!/^\d{1,15}$/.test(seq)) {
    throw usageError(`"${seq}" is not the number of an entry.`, "`govern audit list` shows them.");
  }
  const path = `/api/audit?from=${seq}&limit=1`;
  const [entry] = await callSidecar<readonly AuditEntry[]>(cwd, { path });
  if (entry === undefined || entry.seq !== Number(seq)) {
    throw new GovernError("not-found", `The trail has no entry ${seq}.`, {
      next: "`govern audit list` shows the entries there are.",
    });
  }
  if (flags.json === true) output.printJson(entry);
  else output.print((await loadView()).renderEntry(entry, output.look));
  return 0;
}

function addReading(group: Command, context: CommandContext): void {
  addFilters(group.command("list").description("list the latest entries, oldest first"))
    .option("--limit <n>", "at most so many", "50")
    .option("--json", "print JSON")
    .action(ending(context, (flags: ListFlags) => runList(context, flags)));
  group
    .command("show <number>")
    .description("show one entry in full")
    .option("--json", "print JSON")
    .action(ending(context, (seq: string, flags: JsonFlag) => runShow(context, seq, flags)));
  addFilters(group.command("tail").description("print entries as they come, until Ctrl-C"))
    .option("--json", "print one line of JSON each")
    .action(ending(context, (flags: TailFlags) => runTail(context, flags)));
  addFilters(group.command("export").description("print all entries, for other programs"))
    .addOption(
      new Option("--format <format>", "of the lines").choices(["jsonl", "csv"]).default("jsonl"),
    )
    .action(ending(context, (flags: ExportFlags) => runExport(context, flags)));
}

const storeOption = ["--store <file>", "the store's file; else that of this workspace"] as const;

function keyOption(): Option {
  return new Option("--key <key>", "trust this verifier key alone, as text or in a file; repeats")
    .argParser(collectText)
    .default([], "those that the log names");
}

function addProving(group: Command, context: CommandContext): void {
  group
    .command("verify")
    .description("recompute the tree from the file itself; names the first bad entry (exit 1)")
    .addOption(
      new Option(
        "--against <path>",
        "a file with checkpoints, or a git repository with them as tags; repeats",
      )
        .argParser(collectText)
        .default([], "those in the store"),
    )
    .addOption(keyOption())
    .option(...storeOption)
    .option("--json", "print JSON")
    .action(
      ending(context, async (flags: VerifyFlags) => (await loadVerify()).runVerify(context, flags)),
    );
  group
    .command("prove [number]")
    .description("a proof that an entry is in the log, or that the log begins with an older one")
    .option("--from <file>", "an older checkpoint that the log shall begin with")
    .option("--out <file>", "write the proof there; else it is printed")
    .option("--check <file>", "check a proof instead, without any store; needs --key")
    .addOption(keyOption())
    .option(...storeOption)
    .option("--json", "with --check: print JSON")
    .action(
      ending(context, async (number: string | undefined, flags: ProveFlags) =>
        (await loadProve()).runProve(context, number, flags),
      ),
    );
  group
    .command("key")
    .description("print the keys that sign the log, for those who verify it elsewhere")
    .option(...storeOption)
    .option("--json", "print JSON")
    .action(
      ending(context, async (flags: StoreFlags) => (await loadVerify()).runKey(context, flags)),
    );
}

export function registerAudit(program: Command, context: CommandContext): void {
  const group = program
    .command("audit")
    .description("read, verify and prove the audit trail")
    .addHelpText(
      "after",
      examples(
        "govern audit list --user sam --since 24h",
        "govern audit tail --type refused",
        "govern audit export --format csv --since 2026-05-01 > may.csv",
        "govern audit verify --against /mnt/anchors/govern.checkpoints",
        "govern audit prove 12 --out entry-12.tlog-proof",
        "govern audit prove --check entry-12.tlog-proof --key log.vkey",
      ),
    );
  addReading(group, context);
  addProving(group, context);
}
