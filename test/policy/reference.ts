/**
 * What the rules of a workspace mean, as plainly as it can be written: every rule is asked for every call, nothing is
 * indexed or kept. The compiled policy has to say the same; the bench of deciding takes this as its peer.
 */
import { Environment } from "@marcbachmann/cel-js";
import type { Operation } from "../../src/contract/operation.ts";
import type { ApprovalRule, Workspace } from "../../src/contract/workspace.ts";
import type { PolicyCall } from "../../src/policy/policy.ts";

type Verdict = boolean | "failed";
type Conditions = ReadonlyMap<string, (context: object) => unknown>;

interface Facts {
  readonly app: string;
  readonly operation: Operation;
  readonly access: "read" | "write";
  readonly tables: readonly string[];
  readonly resource: string | undefined;
}

export interface ReferenceDecision {
  readonly decision: "allow" | "denied" | "policy-failed";
  readonly gate: "open" | "nobody" | { readonly quorum: number };
  readonly limits: number;
}

const globs = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("*", ".*")}$`,
    "s",
  );
const fits = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => globs(pattern).test(text));

function sameTable(pattern: string, table: string): boolean {
  const [a, b] = [pattern.toLowerCase(), table.toLowerCase()];
  if (a.includes("*")) {
    const bare = b.split(".").at(-1) ?? "";
    return globs(a).test(b) || (!a.includes(".") && globs(a).test(bare));
  }
  return a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`);
}

function takesTable(patterns: readonly string[], facts: Facts): boolean {
  const isSql = facts.operation.kind.startsWith("sql");
  if (isSql && facts.access === "write" && facts.tables.length === 0) return true;
  return facts.tables.some((table) => patterns.some((pattern) => sameTable(pattern, table)));
}

function givesTable(patterns: readonly string[], { tables }: Facts): boolean {
  return tables.length > 0 && tables.every((table) => fits(patterns, table));
}

function namesTarget(target: string, facts: Facts, gives: boolean): boolean {
  const [app = "", rest = ""] = target.split("/");
  if (!fits([app], facts.app)) return false;
  return rest.split("+").every((part) => {
    if (part === "read" || part === "write") return facts.access === part;
    const [key = "", list] = part.split(":");
    if (list === undefined) return fits([key], facts.operation.id);
    const values = list.split(",");
    if (key === "kind") return fits(values, facts.operation.kind);
    if (key === "resource") return facts.resource !== undefined && fits(values, facts.resource);
    return gives ? givesTable(values, facts) : takesTable(values, facts);
  });
}

function contextOf(call: PolicyCall, facts: Facts): object {
  const { operation } = call;
  return {
    arguments: call.arguments,
    identity: call.identity,
    time: call.time,
    operation: {
      id: operation.id,
      kind: operation.kind,
      access: facts.access,
      app: call.app,
      method: "method" in operation ? operation.method : "",
      path: "path" in operation ? operation.path : "",
      tables: facts.tables,
    },
  };
}

function compileConditions({ permissions, approvals }: Workspace): Conditions {
  const environment = new Environment({ unlistedVariablesAreDyn: true });
  const texts = [
    ...(permissions ?? []).map(({ when }) => when),
    ...(approvals ?? []).map(({ match }) => match.when),
  ];
  const found = texts.filter((text) => text !== undefined);
  return new Map(found.map((text) => [text, environment.parse(text)]));
}

function factsOf(
  workspace: Workspace,
  apps: ReadonlyMap<string, readonly Operation[]>,
  call: PolicyCall,
): Facts {
  const { app, operation } = call;
  const name = `${app}/${operation.id}`;
  const changes = (workspace.reclassify ?? []).filter((rule) => rule.operation === name);
  const own = changes.some(({ access }) => access === "write")
    ? "write"
    : (changes[0]?.access ?? operation.access);
  const access = own === "write" || call.access === "write" ? "write" : "read";
  const siblings = apps.get(app) ?? [];
  const ids = operation.kind === "sql-batch" ? operation.statements : [operation.id];
  const tables = siblings
    .filter((one) => ids.includes(one.id))
    .flatMap((one) => (one.kind === "sql" ? one.tables : []));
  const mapped = workspace.apps?.[app]?.resources ?? {};
  const keys =
    operation.kind === "sql" || operation.kind === "sql-batch"
      ? [`sql:${operation.client}`, "sql"]
      : [operation.origin];
  const resource = keys.map((key) => mapped[key]).find((one) => one !== undefined);
  return { app, operation, access, tables: [...new Set(tables)], resource };
}

function weightOf({ match, ...rule }: ApprovalRule): number[] {
  const { operation, table, app, access } = match;
  const specific = [operation, table, app, access].map((part) => (part === undefined ? 0 : 1));
  return "approvers" in rule
    ? [...specific, 1, rule.quorum, rule.approvers.all?.length ?? 0]
    : [...specific, 0, 0, 0];
}

function heavier(a: number[], b: number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (b[at] ?? 0) - (a[at] ?? 0);
}

function gateMatches(
  rule: ApprovalRule,
  facts: Facts,
  call: PolicyCall,
  verdict: Verdict,
): boolean {
  const { operation, app, access, table } = rule.match;
  const holds = "approvers" in rule;
  if (!holds && rule.until !== undefined && call.time.toISOString().slice(0, 10) > rule.until) {
    return false;
  }
  return (
    (operation === undefined || operation === `${facts.app}/${facts.operation.id}`) &&
    (app === undefined || app === facts.app) &&
    (access === undefined || access === facts.access) &&
    (table === undefined || (holds ? takesTable([table], facts) : givesTable([table], facts))) &&
    (verdict === true || (verdict === "failed" && holds))
  );
}

/** Gives the decision on a call, by asking every rule. */
export function createReference(
  workspace: Workspace,
  apps: ReadonlyMap<string, readonly Operation[]>,
): (call: PolicyCall) => ReferenceDecision {
  const conditions = compileConditions(workspace);
  return (call) => {
    const facts = factsOf(workspace, apps, call);
    const { groups } = call.identity;
    const isHeld = (named: readonly string[]): boolean => named.some((one) => groups.includes(one));
    const verdictOf = (when: string | undefined): Verdict => {
      if (when === undefined) return true;
      try {
        const value = conditions.get(when)?.(contextOf(call, facts));
        return typeof value === "boolean" ? value : "failed";
      } catch {
        return "failed";
      }
    };
    const said = (effect: "allow" | "deny"): Verdict[] =>
      (workspace.permissions ?? [])
        .filter((rule) => isHeld(rule.groups))
        .filter((rule) =>
          (rule[effect] ?? []).some((target) => namesTarget(target, facts, effect === "allow")),
        )
        .map(({ when }) => verdictOf(when));
    const [denials, grants] = [said("deny"), said("allow")];
    const decision = denials.includes(true)
      ? "denied"
      : denials.includes("failed")
        ? "policy-failed"
        : grants.includes(true)
          ? "allow"
          : grants.includes("failed")
            ? "policy-failed"
            : "denied";
    const [gate] = (workspace.approvals ?? [])
      .filter((rule) => gateMatches(rule, facts, call, verdictOf(rule.match.when)))
      .toSorted((a, b) => heavier(weightOf(a), weightOf(b)));
    const limits = (workspace.limits ?? []).filter(
      (rule) =>
        (rule.groups === undefined || isHeld(rule.groups)) &&
        rule.limit.some((target) => namesTarget(target, facts, false)),
    );
    const unruled = facts.access === "read" ? "open" : "nobody";
    const held =
      gate === undefined ? unruled : "approvers" in gate ? { quorum: gate.quorum } : "open";
    return { decision, gate: held, limits: limits.length };
  };
}
