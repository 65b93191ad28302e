/**
 * One call's life, in order: read this first. A processor takes the call as the point before left it and gives it back
 * narrower, so that executing before authorizing does not compile. `record` runs at every end, refusals and faults too,
 * and no answer leaves before its entry is durable. This file must not know how a point does its work.
 */
import type { JsonValue } from "../contract/canonical-json.ts";
import type { CallArguments } from "../contract/arguments.ts";
import type { Access } from "../contract/operation.ts";
import type { GovernErrorCode } from "../errors/codes.ts";
import { GovernError } from "../errors/govern-error.ts";
import type { Identity } from "./identity/identity.ts";
import type { Outcome } from "./connectors/outcome.ts";
import type { OnFault } from "./faults.ts";
import type { AppSnapshot, GovernedOperation, Snapshot } from "./snapshot.ts";
import type { ApprovalRecord } from "./store/store.ts";

/** The points of a call's life, in order. Closed: there are no others. */
export const points = [
  "identify",
  "resolve",
  "validate",
  "authorize",
  "gate",
  "execute",
  "respond",
  "record",
] as const;
type Point = (typeof points)[number];

/** What arrived, buffered and capped; nothing of it was believed yet. */
export interface CallRequest {
  readonly method: string;
  /** Raw path and raw query, as sent. */
  readonly path: string;
  readonly query: string;
  /** Lower-case names; a repeated header is joined as Node joins it. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  /** Address of whoever connected; absent on the control socket. */
  readonly peer?: string;
}

/** A call as it arrived at an app's origin, with the one workspace snapshot that it keeps until its end. */
export interface ReceivedCall {
  readonly correlation: string;
  readonly snapshot: Snapshot;
  readonly app: AppSnapshot;
  /** The origin under which the app was reached, as browsers write it; its host was checked. */
  readonly origin: string;
  readonly request: CallRequest;
}

/** Somebody is signed in, and the request comes from the app's own pages. */
export interface IdentifiedCall extends ReceivedCall {
  readonly identity: Identity;
}

/** What the request holds before it is checked against the operation's fields. */
export type RawArguments =
  | { readonly kind: "http"; readonly holes: ReadonlyMap<string, string> }
  | { readonly kind: "sql"; readonly values: unknown }
  | { readonly kind: "sql-batch"; readonly values: readonly unknown[] }
  | {
      readonly kind: "graphql";
      readonly holes: ReadonlyMap<string, string>;
      readonly variables: JsonValue;
    };

/** A registered operation and its resource are known. */
export interface ResolvedCall extends IdentifiedCall {
  readonly target: GovernedOperation;
  /** The strictest of all operations that match: what the call is governed as. */
  readonly access: Access;
  readonly raw: RawArguments;
}

/** Arguments are typed and canonical. */
export interface ValidCall extends ResolvedCall {
  readonly arguments: CallArguments;
  readonly argumentsDigest: string;
  readonly payload: Uint8Array | null;
  readonly contentType: string | null;
}

/** A permission lets this identity run this call. */
export interface AuthorizedCall extends ValidCall {
  /** Why, as it is recorded. */
  readonly permission: string;
}

/** No person has to decide (any more): no rule asks for it, or an approved voucher is at hand. */
export interface ApprovedCall extends AuthorizedCall {
  readonly gate:
    | {
        readonly kind: "open";
        readonly reason: string;
        /** The rule that approved it without a person; null where no rule asks for one. */
        readonly exemptBy: string | null;
      }
    | { readonly kind: "voucher"; readonly approval: ApprovalRecord };
}

/** How an execution ended: at the resource, its outcome not recorded yet, or under a voucher, which recorded it. */
type Execution =
  | { readonly kind: "direct"; readonly outcome: Outcome }
  | { readonly kind: "voucher"; readonly state: Outcome["state"]; readonly answer: Answer };

/** The resource answered, or failed in a known way. */
export interface ExecutedCall extends ApprovedCall {
  readonly execution: Execution;
}

/** A call somewhere between its points: what `record` gets. */
export type CallSoFar = ReceivedCall & Partial<Omit<ExecutedCall, keyof ReceivedCall>>;

/** An expected refusal: a result, not an exception. The detail names no secret, statement or value. */
export interface Refusal {
  readonly code: GovernErrorCode;
  readonly detail: string;
  /** Whole seconds after which it may be asked again. */
  readonly retryAfter?: number;
}

/** Why a call goes no further. */
export type Halt =
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "held"; readonly approval: ApprovalRecord }
  /** Telemetry that no resource takes: acknowledged, and sent nowhere. */
  | { readonly kind: "dropped"; readonly reason: string };

export type Step<T> =
  | { readonly ok: true; readonly call: T }
  | { readonly ok: false; readonly halt: Halt };

export function proceed<T>(call: T): Step<T> {
  return { ok: true, call };
}

export function refuse(code: GovernErrorCode, detail: string): { ok: false; halt: Halt } {
  return { ok: false, halt: { kind: "refused", refusal: { code, detail } } };
}

/** What leaves the boundary. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** How a call ended: executed, held, dropped, or refused at a point. */
export type CallEnd =
  | { readonly kind: "executed"; readonly call: ExecutedCall }
  | { readonly kind: "held"; readonly call: CallSoFar; readonly approval: ApprovalRecord }
  | { readonly kind: "dropped"; readonly call: CallSoFar; readonly reason: string }
  | {
      readonly kind: "refused";
      readonly call: CallSoFar;
      readonly refusal: Refusal;
      readonly at: Point;
    };

/** What each point does. */
interface Processors {
  identify(call: ReceivedCall): Promise<Step<IdentifiedCall>>;
  resolve(call: IdentifiedCall): Promise<Step<ResolvedCall>>;
  validate(call: ResolvedCall): Promise<Step<ValidCall>>;
  authorize(call: ValidCall): Promise<Step<AuthorizedCall>>;
  gate(call: AuthorizedCall): Promise<Step<ApprovedCall>>;
  execute(call: ApprovedCall): Promise<Step<ExecutedCall>>;
  respond(end: CallEnd): Answer;
  /** Makes the end durable; a rejection means that it is not. */
  record(end: CallEnd): Promise<void>;
}

/** One processor at its point. */
export interface Part<P extends Point> {
  readonly point: P;
  readonly process: Processors[P];
}

type PartsOf<T extends readonly Point[]> = { readonly [I in keyof T]: Part<T[I]> };

/** Every part once, in the order of the points. */
export type Parts = PartsOf<typeof points>;

export interface Pipeline {
  /** Runs one call from its arrival to its recorded end. Never rejects. */
  run(call: ReceivedCall): Promise<Answer>;
  /** Refuses a call that never came as far as its first point, and records it. Never rejects. */
  refuse(call: ReceivedCall, refusal: Refusal): Promise<Answer>;
}

/**
 * Checks at assembly that there is one processor at each point, in order: a malformed pipeline never takes a call.
 * `onFault` is told of every fault with the call's correlation id, which the caller gets too.
 */
export function assemblePipeline(parts: Parts, onFault: OnFault): Pipeline {
  const order = parts.map((part) => part.point);
  const complete = points.every(
    (point, index) => order[index] === point && typeof parts[index]?.process === "function",
  );
  if (!complete || order.length !== points.length) {
    throw new GovernError("internal", `The pipeline is ${order.join(", ")}: a point is missing.`);
  }
  const [identify, resolve, validate, authorize, gate, execute, respond, record] = parts;
  const processors: Running = {
    onFault,
    identify: identify.process,
    resolve: resolve.process,
    validate: validate.process,
    authorize: authorize.process,
    gate: gate.process,
    execute: execute.process,
    respond: respond.process,
    record: record.process,
  };
  return {
    async run(call) {
      return finish(processors, await endCall(processors, call));
    },
    refuse: (call, refusal) =>
      finish(processors, { kind: "refused", call, refusal, at: "identify" }),
  };
}

/** The processors, and whom their faults are told. */
interface Running extends Processors {
  readonly onFault: OnFault;
}

/** The walk through the points; `reach` notes how far it came, for the record of a fault. */
async function walk(
  processors: Processors,
  received: ReceivedCall,
  reach: (call: CallSoFar, next: Point) => void,
): Promise<Step<ExecutedCall>> {
  reach(received, "identify");
  const identified = await processors.identify(received);
  if (!identified.ok) return identified;
  reach(identified.call, "resolve");
  const resolved = await processors.resolve(identified.call);
  if (!resolved.ok) return resolved;
  reach(resolved.call, "validate");
  const valid = await processors.validate(resolved.call);
  if (!valid.ok) return valid;
  reach(valid.call, "authorize");
  const authorized = await processors.authorize(valid.call);
  if (!authorized.ok) return authorized;
  reach(authorized.call, "gate");
  const approved = await processors.gate(authorized.call);
  if (!approved.ok) return approved;
  reach(approved.call, "execute");
  return processors.execute(approved.call);
}

const unknownWrite: Refusal = {
  code: "outcome-unknown",
  detail: "The write may have run. Check at the resource before you repeat it.",
};
const fault: Refusal = { code: "internal", detail: "The call failed inside the sidecar." };

function endOf(step: Step<ExecutedCall>, call: CallSoFar, at: Point): CallEnd {
  if (step.ok) return { kind: "executed", call: step.call };
  const { halt } = step;
  return halt.kind === "refused" ? { ...halt, call, at } : { ...halt, call };
}

async function endCall(processors: Running, received: ReceivedCall): Promise<CallEnd> {
  const reached: { call: CallSoFar; at: Point } = { call: received, at: "identify" };
  try {
    const step = await walk(processors, received, (call, next) => {
      reached.call = call;
      reached.at = next;
    });
    return endOf(step, reached.call, reached.at);
  } catch (error) {
    processors.onFault(error, received.correlation);
    const { call, at } = reached;
    const mayHaveRun = at === "execute" && call.access === "write";
    return { kind: "refused", call, refusal: mayHaveRun ? unknownWrite : fault, at };
  }
}

/** The answer of an end; one that cannot be made must not hide that a write was sent. */
function respondTo(processors: Running, end: CallEnd): Answer {
  try {
    return processors.respond(end);
  } catch (error) {
    processors.onFault(error, end.call.correlation);
    const refusal = mayHaveWritten(end) ? unknownWrite : fault;
    return processors.respond({ kind: "refused", call: end.call, refusal, at: "respond" });
  }
}

function mayHaveWritten(end: CallEnd): boolean {
  if (end.kind !== "executed" || end.call.access !== "write") return false;
  const { execution } = end.call;
  return (execution.kind === "direct" ? execution.outcome.state : execution.state) !== "failed";
}

/** The refusal that takes the place of an answer whose entry is not durable. */
function unrecorded(end: CallEnd): Refusal {
  if (end.kind === "refused" && end.refusal.code === "outcome-unknown") return end.refusal;
  return mayHaveWritten(end)
    ? { ...unknownWrite, detail: "The write was sent, but its outcome could not be recorded." }
    : { code: "audit-unavailable", detail: "The audit trail takes no entries now." };
}

async function finish(processors: Running, end: CallEnd): Promise<Answer> {
  const answer = respondTo(processors, end);
  try {
    await processors.record(end);
    return answer;
  } catch (error) {
    processors.onFault(error, end.call.correlation);
    const refusal = unrecorded(end);
    return processors.respond({ kind: "refused", call: end.call, refusal, at: "record" });
  }
}
