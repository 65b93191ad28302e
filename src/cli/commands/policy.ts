/** `govern policy`: the rules of the workspace, without a server. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { JsonValue } from "../../contract/canonical-json.ts";
import { exitCodes } from "../../errors/exit-codes.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { collectText, ending, examples, type CommandContext, type ExitCode } from "../command.ts";
import { usageError } from "../failure.ts";

interface CommonFlags {
  readonly governed?: string;
  readonly json?: boolean;
}

interface GrantsFlags extends CommonFlags {
  readonly role?: string;
}

interface ExplainFlags extends CommonFlags {
  readonly group: readonly string[];
  readonly claim: readonly string[];
  readonly subject?: string;
  readonly issuer?: string;
  readonly arguments?: string;
  readonly time?: string;
}

const loadView = () => import("../policy-view.ts");
const loadWorkspace = () => import("../policy-workspace.ts");

async function runCheck({ output, cwd }: CommandContext, flags: CommonFlags): Promise<ExitCode> {
  const { currentPolicy } = await loadWorkspace();
  const { checkPolicy } = await import("../../policy/check.ts");
  const { workspace, apps, locate } = await currentPolicy(cwd, flags.governed);
  const findings = checkPolicy(workspace, apps, { locate, time: new Date() });
  if (flags.json === true) output.printJson({ findings });
  else output.print((await loadView()).renderFindings(findings, output.look));
  const faulty = findings.some(({ severity }) => severity !== "note");
  return faulty ? exitCodes.findings : exitCodes.good;
}

function readArguments(text: string, cwd: string): Readonly<Record<string, JsonValue>> {
  const next = `Give JSON like '{"body":{"amount":250}}', or @file.`;
  try {
    const json = text.startsWith("@") ? readFileSync(resolve(cwd, text.slice(1)), "utf8") : text;
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, JsonValue>>;
    }
  } catch (error) {
    throw new GovernError("usage", "--arguments cannot be read as JSON.", { next, cause: error });
  }
  throw usageError("--arguments is no JSON object.", next);
}

function readTime(text: string | undefined): Date {
  const time = text === undefined ? new Date() : new Date(text);
  if (!Number.isNaN(time.getTime())) return time;
  throw usageError(`"${text}" is no time.`, "Give --time like 2026-03-02T18:30:00Z.");
}

/** `groups=support` twice is two values of one claim. */
function readClaims(texts: readonly string[]): Record<string, string[]> {
  const claims = new Map<string, string[]>();
  for (const text of texts) {
    const cut = text.indexOf("=");
    if (cut < 1) throw usageError(`"${text}" is no claim.`, "Give --claim groups=support.");
    const name = text.slice(0, cut);
    claims.set(name, [...(claims.get(name) ?? []), text.slice(cut + 1)]);
  }
  return Object.fromEntries(claims);
}

async function runExplain(
  { output, cwd }: CommandContext,
  name: string,
  flags: ExplainFlags,
): Promise<ExitCode> {
  const { currentPolicy } = await loadWorkspace();
  const { compilePolicy } = await import("../../policy/policy.ts");
  const { explainer } = await import("../../policy/explain.ts");
  const { completeCall } = await import("../../policy/given-call.ts");
  const { findOperation } = await import("../../policy/catalog.ts");
  const { workspace, apps, locate } = await currentPolicy(cwd, flags.governed);
  const policy = compilePolicy(workspace, apps, locate);
  const [app = "", id = ""] = name.split("/");
  const operation = findOperation(workspace, apps, app, id);
  if (operation === undefined) {
    throw usageError(
      `${name} is not a registered operation.`,
      "Give app/operation as it stands in operations.json.",
    );
  }
  const given = completeCall(policy, {
    app,
    operation,
    as: {
      subject: flags.subject,
      issuer: flags.issuer,
      groups: flags.group,
      claims: readClaims(flags.claim),
    },
    arguments: flags.arguments === undefined ? undefined : readArguments(flags.arguments, cwd),
    time: readTime(flags.time),
  });
  if ("fault" in given) throw usageError(`${name}: ${given.fault}.`, "Correct the call.");
  const explanation = explainer(workspace, apps, policy)(given.call);
  if (explanation === undefined) return exitCodes.cannotRun;
  const { groups } = given.call.identity;
  if (flags.json === true) output.printJson({ operation: name, groups, ...explanation });
  else output.print((await loadView()).renderExplanation(explanation, groups, output.look));
  return explanation.authorize.decision === "allow" ? exitCodes.good : exitCodes.findings;
}

function readFile(file: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, file), "utf8");
  } catch (error) {
    throw new GovernError("usage", `${file} cannot be read.`, {
      next: "Give the path of a file of policy cases.",
      cause: error,
    });
  }
}

async function runTest(
  { output, cwd }: CommandContext,
  file: string,
  flags: CommonFlags,
): Promise<ExitCode> {
  const { currentPolicy } = await loadWorkspace();
  const { compilePolicy } = await import("../../policy/policy.ts");
  const { runCases } = await import("../../policy/run-cases.ts");
  const { findOperation } = await import("../../policy/catalog.ts");
  const { parseYaml } = await import("../../contract/workspace-file.ts");
  const { policyCasesSchema } = await import("../../contract/policy-cases.ts");
  const { workspace, apps, locate } = await currentPolicy(cwd, flags.governed);
  const policy = compilePolicy(workspace, apps, locate);
  const cases = parseYaml(readFile(file, cwd), file, policyCasesSchema);
  const find = (app: string, id: string) => findOperation(workspace, apps, app, id);
  const results = runCases(cases.value, { policy, find, now: new Date() });
  const placeOf = (index: number): string => {
    const { line, column } = cases.locate(["cases", index]);
    return `${file}:${line}:${column}`;
  };
  const passed = results.every((result) => result.passed);
  if (flags.json === true) output.printJson({ passed, cases: results });
  else output.print((await loadView()).renderCases(results, placeOf, output.look));
  return passed ? exitCodes.good : exitCodes.findings;
}

async function runDiff(
  { output, cwd }: CommandContext,
  places: readonly [string, string | undefined],
  flags: CommonFlags,
): Promise<ExitCode> {
  const { currentPolicy, policyAt } = await loadWorkspace();
  const { diffPolicies, mayGain } = await import("../../policy/diff.ts");
  const { compilePolicy } = await import("../../policy/policy.ts");
  const [from, to] = places;
  const before = await policyAt(cwd, from, flags.governed);
  const after = await (to === undefined
    ? currentPolicy(cwd, flags.governed)
    : policyAt(cwd, to, flags.governed));
  for (const { workspace, apps, locate } of [before, after]) compilePolicy(workspace, apps, locate);
  const diff = diffPolicies(before, after, new Date());
  if (flags.json === true) output.printJson(diff);
  else output.print((await loadView()).renderDiff(diff, output.look));
  return mayGain(diff) ? exitCodes.findings : exitCodes.good;
}

async function runGrants({ output, cwd }: CommandContext, flags: GrantsFlags): Promise<ExitCode> {
  const { currentPolicy } = await loadWorkspace();
  const { grantStatements, leastGrants } = await import("../grants.ts");
  const grants = (await leastGrants(await currentPolicy(cwd, flags.governed))).map((one) => ({
    ...one,
    role: flags.role ?? `govern_${one.resource}`,
  }));
  if (flags.json === true) {
    output.printJson({
      resources: grants.map(({ resource, role, operations, beyond, ...one }) => ({
        resource,
        role,
        operations,
        grants: grantStatements({ resource, operations, beyond, ...one }, role),
        beyond,
      })),
    });
    return exitCodes.good;
  }
  for (const one of grants) {
    output.print(`-- ${one.resource}: ${one.operations} registered statements`);
    for (const { operation, why } of one.beyond)
      output.print(`-- no grant lets ${operation} run: ${why}`);
    for (const statement of grantStatements(one, one.role)) output.print(statement);
  }
  if (grants.length === 0) output.print("-- no resource of govern.yaml is a PostgreSQL database");
  return exitCodes.good;
}

const governed = [
  "--governed <folder>",
  "the --out of import; else governed beside govern.yaml",
] as const;
const json = ["--json", "print JSON"] as const;

function addExplain(group: Command, context: CommandContext): void {
  group
    .command("explain <app/operation>")
    .description("what the rules say of a call, and each rule's part in it (exit 1 if denied)")
    .option("--group <group>", "a permission group of the caller; repeats", collectText, [])
    .option("--claim <name=value>", "what the identity provider says; repeats", collectText, [])
    .option("--subject <subject>", "who calls")
    .option("--issuer <issuer>", "who says so")
    .option("--arguments <json>", "the call's arguments, or @file")
    .option("--time <time>", "when it is made; else now")
    .option(...governed)
    .option(...json)
    .action(
      ending(context, (name: string, flags: ExplainFlags) => runExplain(context, name, flags)),
    );
}

export function registerPolicy(program: Command, context: CommandContext): void {
  const group = program
    .command("policy")
    .description("check, explain, test and compare the workspace's rules, without a server")
    .addHelpText(
      "after",
      examples(
        "govern policy check",
        `govern policy explain desk/post-refunds-4d5e6f --group support --arguments '{"body":{"amount":250}}'`,
        "govern policy test policy-cases.yaml",
        "govern policy diff main",
        "govern policy grants --role desk_app",
      ),
    );
  group
    .command("check")
    .description("find rules that name nothing, change nothing or cannot be satisfied (exit 1)")
    .option(...governed)
    .option(...json)
    .action(ending(context, (flags: CommonFlags) => runCheck(context, flags)));
  addExplain(group, context);
  group
    .command("test <file>")
    .description("run the cases of a YAML file against the rules (exit 1 if one fails)")
    .option(...governed)
    .option(...json)
    .action(ending(context, (file: string, flags: CommonFlags) => runTest(context, file, flags)));
  group
    .command("diff <before> [after]")
    .description(
      "who gains or loses what between two folders or git revisions (exit 1 if somebody may gain)",
    )
    .option(...governed)
    .option(...json)
    .action(
      ending(context, (before: string, after: string | undefined, flags: CommonFlags) =>
        runDiff(context, [before, after], flags),
      ),
    );
  group
    .command("grants")
    .description("the GRANT statements that the registered statements of each database need")
    .option("--role <role>", "the role that a resource connects as; else govern_<resource>")
    .option(...governed)
    .option(...json)
    .action(ending(context, (flags: GrantsFlags) => runGrants(context, flags)));
}
