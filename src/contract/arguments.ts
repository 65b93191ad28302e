/** Canonical arguments: what rules see, digests cover and approvals bind. */
import { canonicalJson, sha256Hex, type JsonValue } from "./canonical-json.ts";

/** Arguments of an HTTP operation, decoded and typed. Absent query keys are absent, an absent body is null. */
export interface HttpArguments {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, JsonValue>>;
  readonly headers: Readonly<Record<string, string>>;
  /** A parsed JSON or form body; `{ digest, bytes, contentType }` for text, binary and multipart. */
  readonly body: JsonValue;
}

/** Arguments of a SQL operation: tagged values by parameter name. */
export interface SqlArguments {
  readonly values: Readonly<Record<string, JsonValue>>;
}

/** Arguments of a GraphQL operation: the document is its own, variables alone vary. Absent variables are absent. */
export interface GraphqlArguments {
  readonly path: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, JsonValue>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Arguments of a batch: those of each of its statements, in order. */
export interface SqlBatchArguments {
  readonly statements: readonly SqlArguments[];
}

export type CallArguments = HttpArguments | SqlArguments | SqlBatchArguments | GraphqlArguments;

/** SHA-256 hex over the canonical JSON of the arguments. */
export function argumentsDigest(args: CallArguments): string {
  return sha256Hex(canonicalJson(args));
}
