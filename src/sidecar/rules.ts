/** What the lifecycle asks of the workspace's rules; ../policy answers. Pure: no clock of its own, no I/O. */
import type { CallArguments } from "../contract/arguments.ts";
import type { Access, Operation } from "../contract/operation.ts";
import type { HoldingRule } from "../contract/approval.ts";
import type { GlassRule } from "../policy/break-glass.ts";
import type { LimitRule } from "../policy/limits.ts";
import type { MaskRule } from "../policy/masks.ts";
import type { Approvers } from "../policy/quorum.ts";
import type { ValidCall } from "./lifecycle.ts";
import type { Identity } from "./identity/identity.ts";

/** One call as rules see it. */
export interface RuleQuestion {
  readonly app: string;
  readonly operation: Operation;
  /** What the call is governed as. */
  readonly access: Access;
  readonly arguments: CallArguments;
  readonly identity: Pick<Identity, "subject" | "issuer" | "groups">;
  /** When it is judged. */
  readonly time: Date;
}

/** A call as rules see it. */
export function questionOf(call: ValidCall): RuleQuestion {
  return {
    app: call.app.name,
    operation: call.target.operation,
    access: call.access,
    arguments: call.arguments,
    identity: call.identity,
    time: new Date(),
  };
}

type PermissionVerdict =
  | { readonly allowed: true; readonly why: string }
  | { readonly allowed: false; readonly code: "denied" | "policy-failed"; readonly why: string };

export type GateVerdict =
  | {
      readonly required: false;
      readonly why: string;
      /** The rule that exempts it, e.g. `approvals[1]`; null where none does. */
      readonly exemptBy: string | null;
    }
  | {
      readonly required: true;
      readonly why: string;
      /** Null: nobody can release it. */
      readonly approvers: Approvers;
      readonly quorum: number;
      /** Milliseconds. */
      readonly expiresIn: number;
      readonly justification: boolean;
      readonly ticket: string | null;
      /** The rule that holds it, for people; null where none matches. */
      readonly rule: HoldingRule | null;
    };

export interface Rules {
  /** Digest of the rules, as evidence. */
  readonly digest: string;
  /** The access in force: as import judged it, or as a reviewed reclassification says. */
  accessOf(app: string, operation: Operation): Access;
  authorize(question: RuleQuestion): PermissionVerdict;
  gate(question: RuleQuestion): GateVerdict;
  /** By which rule somebody may release a held call alone; null for most people. */
  breakGlass(question: RuleQuestion, person: string): GlassRule | null;
  /** The limits on how often this person may run this operation. */
  limits(question: RuleQuestion): readonly LimitRule[];
  /** What the answer must not tell this person. */
  masks(question: RuleQuestion): readonly MaskRule[];
  /** The permission groups of a person. */
  groupsOf(identity: RuleQuestion["identity"]): readonly string[];
}
