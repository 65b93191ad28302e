/** What policy judges, and what it answers. Results, never exceptions: a refusal is expected. */
import type { CallArguments } from "../contract/arguments.ts";
import type { Access, Operation } from "../contract/operation.ts";
import type { Approvers } from "./quorum.ts";

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
  readonly arguments: CallArguments;
  readonly identity: PolicyIdentity;
  /** `YYYY-MM-DD` in UTC, for exemptions that end. */
  readonly today: string;
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
      readonly reason: string;
      readonly rule: string | null;
    };

/** A call with what the compiled policy knows of its operation. */
export interface JudgedCall {
  readonly call: PolicyCall;
  /** After `reclassify`. */
  readonly access: Access;
  /** Of a batch, those of its statements. */
  readonly tables: readonly string[];
}
