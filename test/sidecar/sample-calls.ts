/** Typed calls at each point, and the snapshot they are pinned to: processors are tested with these, without a socket. */
import { argumentsDigest } from "../../src/contract/arguments.ts";
import type { HttpOperation, Operation } from "../../src/contract/operation.ts";
import type {
  Connector,
  ConnectorCall,
  ConnectorResult,
} from "../../src/sidecar/connectors/connector.ts";
import type {
  AuthorizedCall,
  CallRequest,
  IdentifiedCall,
  ReceivedCall,
  ResolvedCall,
  ValidCall,
} from "../../src/sidecar/lifecycle.ts";
import type { Rules } from "../../src/sidecar/rules.ts";
import { buildApp, type GovernedOperation, type Snapshot } from "../../src/sidecar/snapshot.ts";

export const origin = "http://desk.localhost:4000";
export const build = "d".repeat(64);

export const renameDesk: HttpOperation = {
  id: "put-desks-0a1b2c",
  kind: "http",
  access: "write",
  why: "method PUT",
  method: "PUT",
  origin: "same-origin",
  path: "/api/desks/{deskId}",
  query: { fields: {}, open: false },
  headers: ["if-match"],
  body: { type: "json", fields: { name: "string", size: "number" }, open: false },
};

export interface FakeConnector extends Connector {
  readonly calls: ConnectorCall[];
  result: ConnectorResult | Error;
}

export function fakeConnector(): FakeConnector {
  const calls: ConnectorCall[] = [];
  const connector: FakeConnector = {
    name: "desks",
    calls,
    result: { kind: "answered", status: 200, headers: [], body: Buffer.from("ok") },
    async execute(call) {
      calls.push(call);
      if (connector.result instanceof Error) throw connector.result;
      return connector.result;
    },
    traces: false,
    settle: async () => ({ kind: "later" }),
    close: async () => undefined,
  };
  return connector;
}

/** Rules that allow and gate nothing, but for what is given. */
export function openRules(rules: Partial<Rules> = {}): Rules {
  return {
    digest: "p".repeat(64),
    accessOf: (_app, operation) => operation.access,
    groupsOf: ({ groups }) => groups,
    authorize: () => ({ allowed: true, why: "permissions[0]" }),
    gate: () => ({
      required: false,
      why: "approvals[0] exempts it",
      exemptBy: "approvals[0]",
    }),
    breakGlass: () => null,
    limits: () => [],
    masks: () => [],
    ...rules,
  };
}

export interface SampleOptions {
  readonly operations?: readonly Operation[];
  readonly rules?: Rules;
  readonly connector?: Connector;
}

function sampleSnapshot(options: SampleOptions = {}): Snapshot {
  const connector = options.connector ?? fakeConnector();
  const app = buildApp({
    name: "desk",
    build,
    web: "/nowhere",
    page: undefined,
    operations: options.operations ?? [renameDesk],
    sites: [],
    telemetry: new Set(["7e1e7e1e"]),
    accessOf: (operation) => operation.access,
    resourceOf: () => ({ name: "desks", connector, timeout: 1000 }),
  });
  const workspace = { version: 1 } as const;
  return { workspace, rules: options.rules ?? openRules(), apps: new Map([["desk", app]]) };
}

export function sampleRequest(
  parts: Partial<Omit<CallRequest, "headers" | "body">> & {
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  },
): CallRequest {
  return {
    method: "PUT",
    path: "/api/desks/d1",
    query: "",
    ...parts,
    headers: new Map(
      Object.entries({
        "content-type": "application/json",
        "sec-fetch-site": "same-origin",
        ...parts.headers,
      }),
    ),
    body: Buffer.from(parts.body ?? '{"name":"north","size":4}'),
  };
}

export function receivedCall(
  options: SampleOptions = {},
  request: CallRequest = sampleRequest({}),
): ReceivedCall {
  const snapshot = sampleSnapshot(options);
  const app = snapshot.apps.get("desk");
  if (app === undefined) throw new RangeError("no app");
  return { correlation: "c-1", snapshot, app, origin, request };
}

export const identity = {
  subject: "sam",
  issuer: "dev",
  groups: ["dev"],
  session: "5".repeat(64),
};

export function identifiedCall(options?: SampleOptions, request?: CallRequest): IdentifiedCall {
  return { ...receivedCall(options, request), identity };
}

export function resolvedCall(options?: SampleOptions, request?: CallRequest): ResolvedCall {
  const call = identifiedCall(options, request);
  const [target] = call.app.operations.values() as Iterable<GovernedOperation>;
  if (target === undefined) throw new RangeError("no operation");
  const raw = { kind: "http", holes: new Map([["deskId", "d1"]]) } as const;
  return { ...call, target, access: target.access, raw };
}

export function validCall(options?: SampleOptions): ValidCall {
  const args = { path: { deskId: "d1" }, query: {}, headers: {}, body: { name: "north", size: 4 } };
  return {
    ...resolvedCall(options),
    arguments: args,
    argumentsDigest: argumentsDigest(args),
    payload: null,
    contentType: "application/json",
  };
}

export function authorizedCall(options?: SampleOptions): AuthorizedCall {
  return { ...validCall(options), permission: "permissions[0]" };
}
