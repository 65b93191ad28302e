/** Compiles the rules of a workspace for the lifecycle: ../policy judges, the clock and the groups of people are added. */
import type { Operation } from "../contract/operation.ts";
import { compilePolicy, type CompiledPolicy, type PolicyCall } from "../policy/policy.ts";
import { devIssuer, type Person } from "./identity/people.ts";
import type { LoadedWorkspace } from "./load-workspace.ts";
import type { RuleQuestion, Rules } from "./rules.ts";

const today = (): string => new Date().toISOString().slice(0, 10);

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

  /** The call under the strictest access of all operations that match; undefined if the rules would see a weaker one. */
  #callOf(question: RuleQuestion): PolicyCall | undefined {
    const { app, access, arguments: args, identity } = question;
    const operation = { ...question.operation, access };
    if (access === "write" && this.accessOf(app, operation) === "read") return undefined;
    const { subject, issuer } = identity;
    const caller = { subject, issuer, groups: this.groupsOf(identity) };
    return { app, operation, arguments: args, identity: caller, today: today() };
  }

  authorize(question: RuleQuestion): ReturnType<Rules["authorize"]> {
    const call = this.#callOf(question);
    if (call === undefined) {
      const why = "It also matches a write, and the operation was reclassified as a read.";
      return { allowed: false, code: "denied", why };
    }
    const result = this.#policy.authorize(call);
    return result.decision === "allow"
      ? { allowed: true, why: result.reason }
      : { allowed: false, code: result.code, why: result.reason };
  }

  gate(question: RuleQuestion): ReturnType<Rules["gate"]> {
    const call = this.#callOf(question);
    if (call === undefined) {
      const why = "It also matches a write.";
      return { required: true, why, approvers: null, quorum: 1, expiresIn: 3_600_000 };
    }
    const { reason: why, ...result } = this.#policy.gate(call);
    return { ...result, why };
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
