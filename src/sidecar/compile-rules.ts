/** Compiles the rules of a workspace for the lifecycle: ../policy judges, the groups of people are added. */
import { stringify } from "yaml";
import type { HoldingRule } from "../contract/approval.ts";
import type { Operation } from "../contract/operation.ts";
import type { GlassRule } from "../policy/break-glass.ts";
import type { GateResult } from "../policy/call.ts";
import { groupsClaimOf } from "../policy/groups.ts";
import { compilePolicy, type CompiledPolicy, type PolicyCall } from "../policy/policy.ts";
import { devIssuer, type Person } from "./identity/people.ts";
import type { LoadedWorkspace } from "./load-workspace.ts";
import type { RuleQuestion, Rules } from "./rules.ts";

type Required = Extract<GateResult, { required: true }>;

/** The rule that holds a call as people read it: its name, where it stands, and its text. */
function holdingRule(
  { rule: name, justification, ticket }: Required,
  { workspace, locate }: LoadedWorkspace,
): HoldingRule | null {
  const index = /^approvals\[(\d+)\]$/.exec(name ?? "")?.[1];
  if (name === null || index === undefined) return null;
  const { file, line } = locate(["approvals", Number(index)]);
  const text = stringify(workspace.approvals?.[Number(index)]).trimEnd();
  return { name, place: `${file}:${line}`, text, justification, ticket };
}

class PolicyRules implements Rules {
  readonly digest: string;
  readonly #policy: CompiledPolicy;
  readonly #loaded: LoadedWorkspace;
  readonly #groupsClaim: string;
  readonly #holding = new Map<string, HoldingRule | null>();

  constructor(policy: CompiledPolicy, loaded: LoadedWorkspace) {
    this.digest = policy.digest;
    this.#policy = policy;
    this.#loaded = loaded;
    this.#groupsClaim = groupsClaimOf(loaded.workspace);
  }

  #holdingRule(result: Required): HoldingRule | null {
    const key = result.rule ?? "";
    const known = this.#holding.get(key);
    if (known !== undefined) return known;
    const rule = holdingRule(result, this.#loaded);
    this.#holding.set(key, rule);
    return rule;
  }

  accessOf(app: string, operation: Operation): "read" | "write" {
    return this.#policy.access(app, operation);
  }

  groupsOf({ subject, issuer, groups }: Person): readonly string[] {
    return issuer === devIssuer
      ? this.#policy.groupsOf({ subject, issuer, claims: {} }, groups)
      : this.#policy.groupsOf({ subject, issuer, claims: { [this.#groupsClaim]: groups } });
  }

  #callOf(question: RuleQuestion): PolicyCall {
    const { app, operation, access, arguments: args, identity } = question;
    const { subject, issuer } = identity;
    const caller = { subject, issuer, groups: this.groupsOf(identity) };
    return { app, operation, access, arguments: args, identity: caller, time: question.time };
  }

  authorize(question: RuleQuestion): ReturnType<Rules["authorize"]> {
    const result = this.#policy.authorize(this.#callOf(question));
    return result.decision === "allow"
      ? { allowed: true, why: result.reason }
      : { allowed: false, code: result.code, why: result.reason };
  }

  gate(question: RuleQuestion): ReturnType<Rules["gate"]> {
    const result = this.#policy.gate(this.#callOf(question));
    const why = result.reason;
    if (!result.required) return { required: false, why, exemptBy: result.rule };
    const { approvers, quorum, expiresIn, justification, ticket } = result;
    const rule = this.#holdingRule(result);
    return { required: true, why, approvers, quorum, expiresIn, justification, ticket, rule };
  }

  breakGlass(question: RuleQuestion, person: string): GlassRule | null {
    return this.#policy.breakGlass(this.#callOf(question), person);
  }

  limits(question: RuleQuestion): ReturnType<Rules["limits"]> {
    return this.#policy.limits(this.#callOf(question));
  }

  masks(question: RuleQuestion): ReturnType<Rules["masks"]> {
    return this.#policy.masks(this.#callOf(question));
  }
}

/** Compiles and checks; a rule that names what is not there is a GovernError `workspace-invalid` with its place. */
export function compileRules(loaded: LoadedWorkspace): Rules {
  const { workspace, apps, locate } = loaded;
  const operations = new Map(apps.map((app) => [app.name, app.operations]));
  return new PolicyRules(compilePolicy(workspace, operations, locate), loaded);
}
