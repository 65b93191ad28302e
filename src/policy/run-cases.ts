/** Runs the cases of a policy test: each call is judged as the sidecar would judge it, and held against what is expected. */
import type { PolicyCase, PolicyCases } from "../contract/policy-cases.ts";
import type { Operation } from "../contract/operation.ts";
import { completeCall } from "./given-call.ts";
import type { CompiledPolicy } from "./policy.ts";

type Verdict = PolicyCase["expect"];

export interface CaseResult {
  readonly name: string;
  /** Its place in the file. */
  readonly index: number;
  readonly passed: boolean;
  readonly expected: string;
  /** Null where the case could not be judged. */
  readonly got: string | null;
  /** Why the rules decide so, or why the case cannot be judged. */
  readonly reason: string;
}

interface Judged {
  readonly verdict: Verdict;
  readonly rule: string | null;
  readonly approvers: readonly string[];
  readonly reason: string;
}

function judge(policy: CompiledPolicy, call: Parameters<CompiledPolicy["authorize"]>[0]): Judged {
  const permission = policy.authorize(call);
  const { reason, rule } = permission;
  if (permission.decision === "deny") return { verdict: "deny", rule, approvers: [], reason };
  const gate = policy.gate(call);
  if (!gate.required) {
    return { verdict: "allow", rule, approvers: [], reason: `${reason}; ${gate.reason}` };
  }
  const { all = [], any = [] } = gate.approvers ?? {};
  const approvers = [...all, ...any].toSorted();
  return { verdict: "held", rule: gate.rule, approvers, reason: `${reason}; ${gate.reason}` };
}

/** `held by approvals[0] for leads`, as far as the case asks. */
function describe(
  one: PolicyCase,
  verdict: Verdict,
  rule: string | null,
  groups: string[],
): string {
  const by = one.rule === undefined ? "" : ` by ${rule ?? "no rule"}`;
  const people = one.approvers === undefined ? "" : ` for ${groups.join(", ") || "nobody"}`;
  return `${verdict}${by}${people}`;
}

function runCase(one: PolicyCase, index: number, { policy, find, now }: CaseOptions): CaseResult {
  const wanted = (one.approvers ?? []).toSorted();
  const expected = describe(one, one.expect, one.rule ?? null, wanted);
  const result = { name: one.name, index, expected };
  const [app = "", id = ""] = one.operation.split("/");
  const operation = find(app, id);
  if (operation === undefined) {
    const reason = `${one.operation} is not a registered operation`;
    return { ...result, passed: false, got: null, reason };
  }
  const time = one.time === undefined ? now : new Date(one.time);
  const given = completeCall(policy, {
    app,
    operation,
    as: one.as,
    arguments: one.arguments,
    time,
  });
  if ("fault" in given) return { ...result, passed: false, got: null, reason: given.fault };
  const { verdict, rule, approvers, reason } = judge(policy, given.call);
  const got = describe(one, verdict, rule, [...approvers]);
  return { ...result, passed: got === expected, got, reason };
}

export interface CaseOptions {
  readonly policy: CompiledPolicy;
  readonly find: (app: string, id: string) => Operation | undefined;
  /** The time of calls that say none. */
  readonly now: Date;
}

/** Runs all cases, in their order. */
export function runCases({ cases }: PolicyCases, options: CaseOptions): readonly CaseResult[] {
  return cases.map((one, index) => runCase(one, index, options));
}
