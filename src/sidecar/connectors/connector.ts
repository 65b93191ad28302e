/**
 * Connectors: the only code that talks to governed resources, one folder per kind of resource. A connector renders the
 * upstream request from the registered operation and validated arguments. It decides nothing and records nothing.
 *
 * @example
 * const connector = openHttpConnector({ name: "billing", resource, resolve });
 * const result = await connector.execute({ operation, arguments: args, … }, AbortSignal.timeout(30_000));
 */
import type { ApprovalPreview } from "../../contract/approval.ts";
import type { CallArguments } from "../../contract/arguments.ts";
import type { Operation, SqlOperation } from "../../contract/operation.ts";
import type { Identity } from "../identity/identity.ts";
import type { UserCredentials } from "../identity/user-credentials.ts";

/** Whose call it is, for resources that act in the caller's name. */
export interface Caller extends Identity {
  readonly app: string;
  /** The app user's own, where the resource passes them on. Never recorded. */
  readonly credentials: UserCredentials | null;
}

/** What a connector executes: it was resolved, validated, authorized and, where a rule asks, approved. */
export interface ConnectorCall {
  readonly operation: Operation;
  /** The statements of a batch, in order. */
  readonly statements?: readonly SqlOperation[];
  /** The access it was governed under: a read must not be able to write. */
  readonly access: "read" | "write";
  readonly arguments: CallArguments;
  /** Bytes of a body that is not JSON or a form. */
  readonly payload: Uint8Array | null;
  /** The request's own content type, where the operation has a body. */
  readonly contentType: string | null;
  /** Who is calling; its groups are permission groups. */
  readonly caller?: Caller;
  /** Of a write that somebody approved. */
  readonly once?: Once;
  /** Whether it has to be told what the columns of results are. */
  readonly origins?: boolean;
}

/** The column of a table, as the database itself says, that a result's column is. */
export interface ColumnOrigin {
  readonly table: string;
  readonly column: string;
}

/** How a write is kept from running twice. */
export interface Once {
  /** The same whenever this write is sent or asked about. */
  readonly key: string;
  /** Makes durable what a crash is to be settled by. Told before the effect, which must not begin if this rejects. */
  readonly trace: (text: string) => Promise<void>;
}

/**
 * How an execution ended. `answered`: the resource answered, with whatever status. `failed`: it certainly did nothing.
 * `unknown`: it may have done it. Details name no secret, no statement and no value.
 */
export type ConnectorResult =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** Lower-case names, as received. */
      readonly headers: readonly (readonly [string, string])[];
      readonly body: Uint8Array;
      /** Of each statement, what its columns are; null for one that is computed. Where the call asks for it. */
      readonly origins?: readonly (readonly (ColumnOrigin | null)[])[];
    }
  | {
      readonly kind: "failed" | "unknown";
      readonly code: "resource-failed" | "resource-rejected" | "resource-timeout";
      readonly detail: string;
    };

/** `done`: it was done, and its answer is lost; `later`: it cannot be told yet. */
export type Settlement = ConnectorResult | { readonly kind: "done" } | { readonly kind: "later" };

export interface Connector {
  /** The resource's name in govern.yaml. */
  readonly name: string;
  /** Never throws for what a resource does; the signal is its deadline. */
  execute(call: ConnectorCall, signal: AbortSignal): Promise<ConnectorResult>;
  /** Whether it tells a trace before the effect of every write that has `once`; then it can settle. */
  readonly traces: boolean;
  /**
   * Settles a write of which nobody was told how it ended, by its trace. It must not let the write happen a second time.
   */
  settle(call: ConnectorCall, trace: string, signal: AbortSignal): Promise<Settlement>;
  /** What a write would change, without a trace of it left; only a database can say. */
  preview?(call: ConnectorCall, signal: AbortSignal): Promise<ApprovalPreview>;
  close(): Promise<void>;
}
