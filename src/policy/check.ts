/**
 * What is wrong with a workspace's rules, without running any: names that do not exist, rules that change nothing, groups
 * that nobody can be in, approvals that nobody can give. Findings are collected, never thrown.
 */
import type { Operation } from "../contract/operation.ts";
import type {
  LocateWorkspace,
  WorkspacePath,
  WorkspacePlace,
} from "../contract/workspace-fault.ts";
import type { Workspace } from "../contract/workspace.ts";
import {
  remarkGates,
  unreleasableWrites,
  unsatisfiable,
  type GateRemark,
} from "./check-approvals.ts";
import {
  matchRules,
  remarkPermissions,
  type MatchedRule,
  type RuleRemark,
} from "./check-permissions.ts";
import { isHolding } from "./gate.ts";
import { mayGive } from "./masks.ts";
import { isEmpty, membershipOf } from "./membership.ts";
import { namedOperation, type Target } from "./target.ts";
import { compileWorkspaceRules, type CompiledRules } from "./workspace-rules.ts";

/**
 * - `invalid-rule`: it names what does not exist, or its condition cannot be used: the sidecar would not start
 * - `unmatched-rule`: it matches no operation
 * - `shadowed-rule`: other rules decide everything that it could
 * - `ended-exemption`: its last day is over
 * - `unfit-condition`: its condition fails for operations that it matches
 * - `empty-group`: nobody can be in it
 * - `unsatisfiable-approval`: nobody can ever release what it holds
 * - `unreleasable-write`: permitted, held, and no rule says who releases it
 */
export type PolicyFindingRule =
  | "invalid-rule"
  | "unmatched-rule"
  | "shadowed-rule"
  | "ended-exemption"
  | "unfit-condition"
  | "empty-group"
  | "unsatisfiable-approval"
  | "unreleasable-write";

export interface PolicyFinding {
  readonly rule: PolicyFindingRule;
  readonly severity: "error" | "warning" | "note";
  /** Where in govern.yaml, e.g. `["permissions", 1]`. */
  readonly path: WorkspacePath;
  readonly place: WorkspacePlace;
  readonly message: string;
}

type Found = Omit<PolicyFinding, "place">;

const list = (names: readonly string[]): string =>
  names.length > 5
    ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`
    : names.join(", ");

/** A target that says nothing but app and access: operations that it is meant for may come with the next import. */
function isGeneral({ parts }: Target): boolean {
  return parts.every(({ key, values }) => key === "access" || values.includes("*"));
}

function unmatched(name: string, path: WorkspacePath, general: boolean): Found {
  const message = `${name} matches no operation`;
  return { rule: "unmatched-rule", severity: general ? "note" : "warning", path, message };
}

/** `a allows`, `a, b allow`. */
const does = (names: readonly string[], verb: "allow" | "deny" | "decide"): string => {
  const single = verb === "deny" ? "denies" : `${verb}s`;
  return `${list(names)} ${names.length === 1 ? single : verb}`;
};

function permissionFinding({ rule, kind, by }: RuleRemark): Found {
  const path = ["permissions", rule.index];
  switch (kind) {
    case "unmatched":
      return unmatched(rule.name, path, rule.targets.every(isGeneral));
    case "covered":
      return {
        rule: "shadowed-rule",
        severity: "warning",
        path,
        message: `${rule.name} changes nothing: ${does(by, rule.effect)} all of it`,
      };
    case "denied":
      return {
        rule: "shadowed-rule",
        severity: "warning",
        path,
        message: `${rule.name} allows nothing: ${does(by, "deny")} all of it`,
      };
    case "idle":
      return {
        rule: "shadowed-rule",
        severity: "note",
        path,
        message: `${rule.name} denies what no rule allows`,
      };
  }
}

function gateFinding({ gate, kind, by }: GateRemark): Found {
  const path = ["approvals", gate.index];
  const { name, rule } = gate;
  switch (kind) {
    case "unmatched": {
      const { operation, table } = rule.match;
      return unmatched(name, path, operation === undefined && table === undefined);
    }
    case "shadowed":
      return {
        rule: "shadowed-rule",
        severity: "warning",
        path,
        message: `${name} never decides: ${does(by, "decide")} all that it matches`,
      };
    case "ended": {
      const until = isHolding(rule) ? "" : (rule.until ?? "");
      return {
        rule: "ended-exemption",
        severity: "warning",
        path,
        message: `${name} ended on ${until}`,
      };
    }
  }
}

/** A condition over fields that some of the operations do not have fails there: then nothing is allowed, or all denied. */
function conditionFindings({ rule, operations }: MatchedRule, { catalog }: CompiledRules): Found[] {
  const { condition, targets, name, effect } = rule;
  if (condition === null) return [];
  const named = new Set(
    targets.map(namedOperation).map((one) => (one === undefined ? "" : `${one.app}/${one.id}`)),
  );
  const matched = operations.map((at) => catalog.operations[at]).filter((one) => one !== undefined);
  const unfit = matched
    .filter(({ app, operation }) => !named.has(`${app}/${operation.id}`))
    .map((facts) => ({ facts, fault: condition.faultFor(facts.operation) }))
    .filter(({ fault }) => fault !== null);
  const [first] = unfit;
  if (first === undefined) return [];
  const { app, operation } = first.facts;
  const effects =
    effect === "deny" ? "are denied whatever the condition says" : "are never allowed by it";
  const message = `${unfit.length} of the ${matched.length} operations that ${name} matches ${effects}: ${app}/${operation.id} ${first.fault}`;
  const path = ["permissions", rule.index, "when"];
  const severity = effect === "deny" || unfit.length === matched.length ? "warning" : "note";
  return [{ rule: "unfit-condition", severity, path, message }];
}

function limitFindings({ limits, catalog }: CompiledRules): Found[] {
  return limits
    .filter(
      ({ targets }) =>
        !catalog.operations.some((facts) => targets.some((target) => target.matches(facts))),
    )
    .map(({ name, index, targets }) =>
      unmatched(name, ["limits", index], targets.every(isGeneral)),
    );
}

/** A field that no statement can give, where statements are all that the mask applies to: it is misspelled, or gone. */
function maskFindings({ masks, catalog }: CompiledRules): Found[] {
  return masks.flatMap(({ name, index, targets, fields }): Found[] => {
    const matched = catalog.operations.filter((facts) =>
      targets.some((target) => target.matches(facts)),
    );
    if (matched.length === 0) return [unmatched(name, ["masks", index], targets.every(isGeneral))];
    return fields.flatMap((field, at): Found[] => {
      if (matched.some(({ operation }) => mayGive(operation, field))) return [];
      const message = `${name} masks nothing: no statement that it matches names ${field.join(".")}`;
      const path = ["masks", index, "fields", at];
      return [{ rule: "unmatched-rule", severity: "warning", path, message }];
    });
  });
}

/** A release that nobody can review stays open for ever. */
function glassFindings(workspace: Workspace, { glass, catalog }: CompiledRules): Found[] {
  const membership = membershipOf(workspace);
  return glass.flatMap(({ name, index, targets, reviewers }): Found[] => {
    const path = ["breakGlass", index];
    const isIdle = !catalog.operations.some((facts) => targets.some((one) => one.matches(facts)));
    const idle = isIdle ? [unmatched(name, path, targets.every(isGeneral))] : [];
    if (!reviewers.every((group) => isEmpty(membership(group)))) return idle;
    const message = `nobody can review what ${name} releases: nobody can be in ${list(reviewers)}`;
    const finding = { rule: "unsatisfiable-approval", severity: "warning", path, message } as const;
    return [...idle, finding];
  });
}

function groupFindings(workspace: Workspace): Found[] {
  const membership = membershipOf(workspace);
  return Object.keys(workspace.groups ?? {})
    .filter((group) => isEmpty(membership(group)))
    .map((group) => ({
      rule: "empty-group",
      severity: "warning",
      path: ["groups", group],
      message: `nobody can be in the group ${group}: no claim that somebody may have, no member, no dev user`,
    }));
}

function approvalFindings(workspace: Workspace, rules: CompiledRules, time: Date): Found[] {
  const membership = membershipOf(workspace);
  const impossible = rules.gates.flatMap(({ rule, name, index }): Found[] => {
    const why = isHolding(rule) ? unsatisfiable(rule, membership) : null;
    if (why === null) return [];
    const message = `nobody can release what ${name} holds: ${why}`;
    const path = ["approvals", index, "approvers"];
    return [{ rule: "unsatisfiable-approval", severity: "warning", path, message }];
  });
  const unreleasable = [...unreleasableWrites(rules, time)].map(([app, ids]): Found => ({
    rule: "unreleasable-write",
    severity: "warning",
    path: ["approvals"],
    message: `${ids.length} permitted ${ids.length === 1 ? "write" : "writes"} of ${app} are held and no approval rule says who releases them: ${list(ids)}`,
  }));
  return [...impossible, ...unreleasable];
}

/** The rules without those that are invalid: these have said what is wrong, and nothing follows from them. */
function soundRules(rules: CompiledRules): CompiledRules {
  const broken = new Set(rules.faults.map(({ path }) => `${path[0]}[${path[1]}]`));
  const isSound = ({ name }: { readonly name: string }): boolean => !broken.has(name);
  return {
    ...rules,
    permissions: rules.permissions.filter(isSound),
    gates: rules.gates.filter(isSound),
    glass: rules.glass.filter(isSound),
    limits: rules.limits.filter(isSound),
    masks: rules.masks.filter(isSound),
  };
}

function findingsOf(workspace: Workspace, compiled: CompiledRules, time: Date): Found[] {
  const invalid = compiled.faults.map(({ path, message }): Found => ({
    rule: "invalid-rule",
    severity: "error",
    path,
    message,
  }));
  const rules = soundRules(compiled);
  const matched = matchRules(rules.permissions, rules.catalog.operations);
  return [
    ...invalid,
    ...remarkPermissions(matched, rules.catalog.operations.length).map(permissionFinding),
    ...matched.flatMap((one) => conditionFindings(one, rules)),
    ...remarkGates(rules, time).map(gateFinding),
    ...limitFindings(rules),
    ...maskFindings(rules),
    ...approvalFindings(workspace, rules, time),
    ...glassFindings(workspace, rules),
    ...groupFindings(workspace),
  ];
}

/**
 * Checks the rules of a workspace against the operations of its apps. `time` decides which exemptions have ended. Gives
 * the findings in the order of the file; a workspace with an `error` is one that `compilePolicy` refuses.
 */
export function checkPolicy(
  workspace: Workspace,
  apps: ReadonlyMap<string, readonly Operation[]>,
  { locate, time }: { readonly locate: LocateWorkspace; readonly time: Date },
): PolicyFinding[] {
  const rules = compileWorkspaceRules(workspace, apps);
  return findingsOf(workspace, rules, time)
    .map((found) => ({ ...found, place: locate(found.path) }))
    .toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
}
