/** A call that a person describes, for `explain` and for test cases: checked against its operation before it is judged. */
import type { CallArguments } from "../contract/arguments.ts";
import type { JsonValue } from "../contract/canonical-json.ts";
import type { Operation } from "../contract/operation.ts";
import { givenFault } from "./argument-types.ts";
import type { PolicyCall } from "./call.ts";
import type { CompiledPolicy } from "./policy.ts";

/** Who calls: groups as they are, or claims that the workspace's groups are made of. */
export interface GivenIdentity {
  readonly subject?: string | undefined;
  readonly issuer?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly claims?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

export interface GivenCall {
  readonly app: string;
  readonly operation: Operation;
  readonly as: GivenIdentity;
  /** Parts that are left out are empty. */
  readonly arguments?: Readonly<Record<string, JsonValue>> | undefined;
  readonly time: Date;
}

/** What a call of each kind is without arguments. */
const emptyArguments: Readonly<Record<Operation["kind"], Readonly<Record<string, JsonValue>>>> = {
  http: { path: {}, query: {}, headers: {}, body: null },
  stream: { path: {}, query: {}, headers: {}, body: null },
  graphql: { path: {}, variables: {}, headers: {} },
  sql: { values: {} },
  "sql-batch": { statements: [] },
};

function fullArguments(
  { kind }: Operation,
  given: Readonly<Record<string, JsonValue>> = {},
): CallArguments {
  return { ...emptyArguments[kind], ...given } as unknown as CallArguments;
}

/** The call as policy judges it, or what is wrong with its description. */
export function completeCall(
  policy: CompiledPolicy,
  given: GivenCall,
): { readonly call: PolicyCall } | { readonly fault: string } {
  const { app, operation, as, time } = given;
  const fault = givenFault(operation, given.arguments ?? {});
  if (fault !== null) return { fault };
  const unknown = as.groups?.find((group) => !policy.groups.has(group));
  if (unknown !== undefined) return { fault: `there is no group ${unknown}` };
  const { subject = "somebody", issuer = "", claims = {} } = as;
  const held = policy.groupsOf({ subject, issuer, claims }, as.groups);
  return {
    call: {
      app,
      operation,
      arguments: fullArguments(operation, given.arguments),
      identity: { subject, issuer, groups: held },
      time,
    },
  };
}
