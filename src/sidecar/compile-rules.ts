/** Compiles the rules of a workspace for the lifecycle: ../policy judges, the groups of people are added. */
import type { Operation } from "../contract/operation.ts";
import { compilePolicy, type CompiledPolicy, type PolicyCall } from "../policy/policy.ts";
import { devIssuer, type Person } from "./identity/people.ts";
import type { LoadedWorkspace } from "./load-workspace.ts";
import type { RuleQuestion, Rules } from "./rules.ts";

class PolicyRules implements Rules {
  readonly digest: string;
  readonly #policy: CompiledPolicy;
  readonly #groupsClaim: string;

  constructor(policy: CompiledPolicy, groupsClaim: string) {
    this.digest = policy.digest;
    this.#policy = policy;
    this.#groupsClaim = groupsClaim;
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
    const { reason: why, ...result } = this.#policy.gate(this.#callOf(question));
    return { ...result, why };
  }

  limits(question: RuleQuestion): ReturnType<Rules["limits"]> {
    return this.#policy.limits(this.#callOf(question));
  }
}

/** Compiles and checks; a rule that names what is not there is a GovernError `workspace-invalid` with its place. */
export function compileRules({ workspace, apps, locate }: LoadedWorkspace): Rules {
  const operations = new Map(apps.map((app) => [app.name, app.operations]));
  const { identity } = workspace;
  const policy = compilePolicy(workspace, operations, locate);
  return new PolicyRules(
    policy,
    identity?.oidc?.groupsClaim ?? identity?.proxy?.groupsClaim ?? "groups",
  );
}
