/** `govern audit`: the trail, over the control socket. */
import { Option, type Command } from "commander";
import type { AuditEntry, EntryType } from "../../contract/audit-entry.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { ending, examples, type CommandContext, type ExitCode } from "../command.ts";
import { callSidecar } from "../control-client.ts";
import { usageError } from "../failure.ts";
import { counted } from "../text.ts";

interface ListFlags {
  readonly type?: string;
  readonly app?: string;
  readonly user?: string;
  readonly approval?: string;
  readonly limit: string;
  readonly json?: boolean;
}
interface JsonFlag {
  readonly json?: boolean;
}

const entryTypes = [
  "read",
  "intent",
  "outcome",
  "refused",
  "held",
  "decision",
  "login",
  "config",
  "start",
  "stop",
] as const satisfies readonly EntryType[];

const loadView = () => import("../audit-view.ts");

/** What verifying the log found, as the sidecar tells it. */
type Verdict =
  | { readonly ok: true; readonly size: number; readonly root: string }
  | {
      readonly ok: false;
      readonly size: number;
      readonly firstBad: number;
      readonly reason: string;
    };

function listPath(flags: ListFlags): string {
  if (!/^[1-9]\d*$/.test(flags.limit)) {
    throw usageError(
      `"${flags.limit}" is not a number of entries.`,
      "Give --limit a number from 1.",
    );
  }
  const query = new URLSearchParams({ limit: flags.limit, newest: "true" });
  if (flags.type !== undefined) query.set("type", flags.type);
  if (flags.app !== undefined) query.set("app", flags.app);
  if (flags.user !== undefined) query.set("subject", flags.user);
  if (flags.approval !== undefined) query.set("approval", flags.approval);
  return `/api/audit?${query.toString()}`;
}

async function runList({ output, cwd }: CommandContext, flags: ListFlags): Promise<ExitCode> {
  const newest = await callSidecar<readonly AuditEntry[]>(cwd, { path: listPath(flags) });
  const entries = newest.toSorted((a, b) => a.seq - b.seq);
  if (flags.json === true) output.printJson(entries);
  else output.print((await loadView()).renderEntries(entries, output.look));
  return 0;
}

async function runShow(
  { output, cwd }: CommandContext,
  seq: string,
  flags: JsonFlag,
): Promise<ExitCode> {
  if (!/^\d+$/.test(seq)) {
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

async function runVerify({ output, cwd }: CommandContext, flags: JsonFlag): Promise<ExitCode> {
  const verdict = await callSidecar<Verdict>(cwd, { path: "/api/audit/verify" });
  if (flags.json === true) {
    output.printJson(verdict);
    return verdict.ok ? 0 : 1;
  }
  if (!verdict.ok) {
    throw new GovernError(
      "audit-tampered",
      `Entry ${verdict.firstBad} is the first bad one: ${verdict.reason}.`,
      {
        next: `Trust nothing from entry ${verdict.firstBad} on; compare with a copy: \`govern audit show ${verdict.firstBad}\`.`,
        details: { firstBad: verdict.firstBad },
      },
    );
  }
  const entries = counted(verdict.size, "entry").replace("entrys", "entries");
  output.print(`${output.look.paint.green("✓")} log verifies: ${entries}, root ${verdict.root}`);
  return 0;
}

function addList(group: Command, context: CommandContext): void {
  group
    .command("list")
    .description("list the latest entries, oldest first")
    .addOption(new Option("--type <type>", "of one type").choices(entryTypes))
    .option("--app <app>", "of one app")
    .option("--user <subject>", "of one person")
    .option("--approval <id>", "of one approval")
    .option("--limit <n>", "at most so many", "50")
    .option("--json", "print JSON")
    .action(ending(context, (flags: ListFlags) => runList(context, flags)));
}

export function registerAudit(program: Command, context: CommandContext): void {
  const group = program
    .command("audit")
    .description("read and verify the audit trail")
    .addHelpText(
      "after",
      examples(
        "govern audit list --user sam",
        "govern audit list --type refused --json",
        "govern audit show 12",
        "govern audit verify",
      ),
    );
  addList(group, context);
  group
    .command("show <number>")
    .description("show one entry in full")
    .option("--json", "print JSON")
    .action(ending(context, (seq: string, flags: JsonFlag) => runShow(context, seq, flags)));
  group
    .command("verify")
    .description("recompute the tree; names the first bad entry (exit 1)")
    .option("--json", "print JSON")
    .action(ending(context, (flags: JsonFlag) => runVerify(context, flags)));
}
