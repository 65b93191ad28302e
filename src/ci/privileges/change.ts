/** What a comparison of two versions of an app found. */
import type { Access, Operation } from "../../contract/operation.ts";
import type { WorkspacePath } from "../../contract/workspace-fault.ts";

/** One side of a comparison. */
export interface Side {
  /** As the person named it. */
  readonly name: string;
  readonly app: string;
  /** With those that are written by hand, each with the access that governs it. */
  readonly operations: readonly Operation[];
}

export type ChangeKind =
  | "new-operation"
  | "lost-operation"
  | "read-became-write"
  | "write-became-read"
  | "changed-operation"
  | "loosened-rule"
  | "tightened-rule";

/** What an operation may that it did not, or no longer may: `column accounts.status`, `body field amount`. */
export interface Delta {
  readonly sign: "+" | "-";
  readonly what: string;
}

export interface Change {
  readonly kind: ChangeKind;
  /** The app may do something that it could not do before. */
  readonly widens: boolean;
  readonly message: string;
  /** Of the new side where it has it, else of the old one. */
  readonly operation?: string;
  readonly access?: Access;
  readonly deltas: readonly Delta[];
  /** Of a rule: where it stands in the new govern.yaml. */
  readonly path?: WorkspacePath;
}

export interface PrivilegeDiff {
  readonly version: 1;
  readonly old: string;
  readonly new: string;
  readonly changes: readonly Change[];
  /** What the app as a whole reaches now and did not, and the other way round: origins, tables, columns. */
  readonly reach: readonly Delta[];
  /** Some change widens: exit 1. */
  readonly widened: boolean;
}
