/** `govern doctor`: can govern run here, and if not, what to do. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { packageRoot } from "../../bundle/emit/package-root.ts";
import { ending, examples, type CommandContext, type ExitCode } from "../command.ts";
import { callSidecar } from "../control-client.ts";
import { findWorkspaceRoot } from "../../ci/workspace-root.ts";
import { isGovernError } from "../../errors/govern-error.ts";
import type { Check } from "../doctor-check.ts";
import { hangingParagraph, padEnd, visibleText } from "../text.ts";

const leastNode = [20, 19] as const;

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const good = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  const check: Check = { name: "node", state: good ? "good" : "bad", found: process.versions.node };
  return good ? check : { ...check, remedy: `Install Node ${leastNode.join(".")} or newer.` };
}

async function checkStore(): Promise<Check> {
  const name = "better-sqlite3";
  try {
    const { default: Database } = await import("better-sqlite3");
    const database = new Database(":memory:");
    const version = database.prepare("SELECT sqlite_version()").pluck().get();
    database.close();
    return { name, state: "good", found: `loads, SQLite ${String(version)}` };
  } catch (error) {
    return {
      name,
      state: "bad",
      found: error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error),
      remedy:
        "Run `npm rebuild better-sqlite3`; it needs its install script allowed, and Python and a C++ compiler where no binary fits.",
    };
  }
}

function checkEmit(): Check {
  const file = join(packageRoot(), "dist/emit/sidecar.mjs");
  return existsSync(file)
    ? { name: "sidecar", state: "good", found: "built" }
    : { name: "sidecar", state: "bad", found: "not built", remedy: "Run `npm run build`." };
}

function checkWorkspace(root: string | undefined): Check {
  return root === undefined
    ? {
        name: "workspace",
        state: "off",
        found: "no govern.yaml here or above",
        remedy: "`govern import <bundle>` writes one.",
      }
    : { name: "workspace", state: "good", found: join(root, "govern.yaml") };
}

async function checkSocket(root: string): Promise<Check> {
  try {
    await callSidecar<unknown>(root, { path: "/api/status" });
    return { name: "running", state: "good", found: "the sidecar answers" };
  } catch (error) {
    if (!isGovernError(error)) throw error;
    const off = error.code === "sidecar-not-running";
    return {
      name: "running",
      state: off ? "off" : "bad",
      found: error.message,
      ...(error.next === undefined ? {} : { remedy: error.next }),
    };
  }
}

const marks = { good: "✓", off: "·", bad: "✗" } as const;
const colors = { good: "green", off: "yellow", bad: "red" } as const;

interface DoctorFlags {
  readonly json?: boolean;
  readonly resources?: boolean;
}

async function runDoctor({ output, cwd }: CommandContext, flags: DoctorFlags): Promise<ExitCode> {
  const root = findWorkspaceRoot(cwd);
  const checks = [checkNode(), await checkStore(), checkEmit(), checkWorkspace(root)];
  if (root !== undefined) {
    const { checkTrail } = await import("../doctor-trail.ts");
    checks.push(await checkSocket(root), ...checkTrail(root));
  }
  if (root !== undefined && flags.resources === true) {
    const { checkResources } = await import("../doctor-resources.ts");
    checks.push(...(await checkResources(root)));
  }
  if (flags.json === true) output.printJson(checks);
  else {
    const label = Math.max(...checks.map((check) => check.name.length)) + 2;
    const { paint, width } = output.look;
    for (const { name, state, found, remedy } of checks) {
      output.print(
        `${paint[colors[state]](marks[state])} ${padEnd(name, label)}${visibleText(found)}`,
      );
      if (remedy !== undefined) {
        const text = hangingParagraph(visibleText(remedy), width, label + 4);
        output.print(`${" ".repeat(label + 2)}${paint.cyan("→")} ${text}`);
      }
    }
  }
  return checks.some((check) => check.state === "bad") ? 1 : 0;
}

export function registerDoctor(program: Command, context: CommandContext): void {
  program
    .command("doctor")
    .description("check that govern can run here")
    .option("--resources", "ask each database what its credential may do beyond its operations")
    .option("--json", "print JSON")
    .addHelpText("after", examples("govern doctor", "govern doctor --resources"))
    .action(ending(context, (flags: DoctorFlags) => runDoctor(context, flags)));
}
