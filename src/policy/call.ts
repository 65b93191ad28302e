/** What policy judges, and what it answers. Results, never exceptions: a refusal is expected. */
import type { CallArguments } from "../contract/arguments.ts";
import type { Access, Operation } from "../contract/operation.ts";
import type { Approvers } from "./quorum.ts";
import type { OperationFacts } from "./target.ts";

/** Who calls, as identity established it. */
export interface PolicyIdentity {
  readonly subject: string;
  readonly issuer: string;
  /** Permission groups, from `groupsOf`. */
  readonly groups: readonly string[];
}

/** One call with validated, canonical arguments. */
export interface PolicyCall {
  readonly app: string;
  readonly operation: Operation;
  /** Where other operations match the same call: the strictest access of all. Default: the operation's own. */
  readonly access?: Access;
  readonly arguments: CallArguments;
  readonly identity: PolicyIdentity;
  /** When the call is judged: for conditions over `time`, and for exemptions that end. */
  readonly time: Date;
}

/** `rule` names the deciding rule, e.g. `permissions[1]`; null when none matched. */
export type AuthorizeResult =
  | { readonly decision: "allow"; readonly reason: string; readonly rule: string }
  | {
      readonly decision: "deny";
      readonly code: "denied" | "policy-failed";
      readonly reason: string;
      readonly rule: string | null;
    };

export type GateResult =
  | { readonly required: false; readonly reason: string; readonly rule: string | null }
  | {
      readonly required: true;
      /** Null: no rule matches; nobody can release the call. */
      readonly approvers: Approvers;
      readonly quorum: number;
      /** Milliseconds. */
      readonly expiresIn: number;
      /** Whether an approval has to say why. */
      readonly justification: boolean;
      /** The pattern of the ticket that an approval has to name; null for none. */
      readonly ticket: string | null;
      readonly reason: string;
      readonly rule: string | null;
    };

/** A call with what the workspace knows of its operation. */
export interface JudgedCall {
  readonly call: PolicyCall;
  readonly facts: OperationFacts;
}
