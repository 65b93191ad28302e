/** Compiles the rules of a workspace one by one, and collects what is wrong with them instead of throwing. */
import type { Operation } from "../contract/operation.ts";
import type { ApprovalRule, Permission, Workspace } from "../contract/workspace.ts";
import { compileGlass, type GlassRule } from "./break-glass.ts";
import { buildCatalog, type Catalog } from "./catalog.ts";
import { nameFaults, type NameFault } from "./check-names.ts";
import { compileCondition, type Condition } from "./condition.ts";
import { compileGate, isHolding, orderGates, type GateRule } from "./gate.ts";
import { compileLimit } from "./limits.ts";
import { compileMask } from "./masks.ts";
import type { PermissionRule } from "./permissions.ts";
import type { RuleSet } from "./rule-index.ts";
import { namedOperation, parseTarget } from "./target.ts";
import { ticketFault } from "./ticket.ts";

export interface CompiledRules extends RuleSet {
  readonly catalog: Catalog;
  readonly glass: readonly GlassRule[];
  /** Empty where every name exists and every condition fits. */
  readonly faults: readonly NameFault[];
}

type Path = NameFault["path"];

class Compiler {
  readonly catalog: Catalog;
  readonly faults: NameFault[];

  constructor(catalog: Catalog, faults: NameFault[]) {
    this.catalog = catalog;
    this.faults = faults;
  }

  /** `named`: the operations that the rule names, `app/operation` each; the condition has to fit them. */
  condition(
    when: string | undefined,
    path: Path,
    named: readonly { app: string; id: string }[],
  ): Condition | null {
    if (when === undefined) return null;
    const compiled = compileCondition(when);
    if (!compiled.ok) {
      this.faults.push({ path, message: `the condition is not valid: ${compiled.reason}` });
      return null;
    }
    for (const { app, id } of named) {
      const operation = this.catalog.find(app, id)?.operation;
      const fault = operation === undefined ? null : compiled.condition.faultFor(operation);
      if (fault !== null) {
        this.faults.push({ path, message: `the condition does not fit: ${app}/${id} ${fault}` });
      }
    }
    return compiled.condition;
  }

  permission(permission: Permission, index: number): PermissionRule {
    const effect = permission.deny === undefined ? "allow" : "deny";
    const sense = effect === "allow" ? "gives" : "takes";
    const targets = (permission[effect] ?? []).map((target) => parseTarget(target, sense));
    const named = targets.map(namedOperation).filter((one) => one !== undefined);
    const condition = this.condition(permission.when, ["permissions", index, "when"], named);
    const { groups } = permission;
    return { name: `permissions[${index}]`, index, effect, groups, targets, condition };
  }

  gate(rule: ApprovalRule, index: number): GateRule {
    const { when, operation } = rule.match;
    const pattern = isHolding(rule) ? rule.ticket : undefined;
    const fault = pattern === undefined ? null : ticketFault(pattern);
    if (fault !== null) {
      const message = `the ticket's pattern cannot be used: ${fault}`;
      this.faults.push({ path: ["approvals", index, "ticket"], message });
    }
    const path = ["approvals", index, "match", "when"];
    return compileGate(rule, index, this.condition(when, path, splitName(operation)));
  }
}

function splitName(name: string | undefined): { app: string; id: string }[] {
  if (name === undefined) return [];
  const [app = "", id = ""] = name.split("/");
  return [{ app, id }];
}

/** Compiles everything that can be compiled. */
export function compileWorkspaceRules(
  workspace: Workspace,
  apps: ReadonlyMap<string, readonly Operation[]>,
): CompiledRules {
  const catalog = buildCatalog(workspace, apps);
  const faults = nameFaults(workspace, catalog);
  const compiler = new Compiler(catalog, faults);
  return {
    catalog,
    faults,
    permissions: (workspace.permissions ?? []).map((rule, index) =>
      compiler.permission(rule, index),
    ),
    gates: orderGates((workspace.approvals ?? []).map((rule, index) => compiler.gate(rule, index))),
    glass: (workspace.breakGlass ?? []).map(compileGlass),
    limits: (workspace.limits ?? []).map(compileLimit),
    masks: (workspace.masks ?? []).map(compileMask),
  };
}
