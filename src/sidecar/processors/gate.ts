/**
 * gate: a call that the rules hold waits for a person. It passes if no rule asks, or if this caller holds an approved
 * voucher for the identical call; a recent denial is repeated. Must not decide anything itself.
 */
import type { JsonValue } from "../../contract/canonical-json.ts";
import { headers as govern } from "../../contract/wire.ts";
import { recentDenial, voucherFor, type CallIdentity } from "../approvals/identical-calls.ts";
import { callEntry } from "../call-entry.ts";
import { userCredentials } from "../identity/user-credentials.ts";
import {
  proceed,
  refuse,
  type ApprovedCall,
  type AuthorizedCall,
  type Part,
  type Step,
} from "../lifecycle.ts";
import type { GateVerdict } from "../rules.ts";
import type { NewApproval, Store } from "../store/store.ts";

type Required = Extract<GateVerdict, { required: true }>;

function newApproval(call: AuthorizedCall, verdict: Required): NewApproval {
  return {
    app: call.app.name,
    operation: call.target.operation.id,
    operationDigest: call.target.digest,
    summary: call.target.summary,
    build: call.app.build,
    policy: call.snapshot.rules.digest,
    call: {
      access: call.access,
      arguments: call.arguments as unknown as JsonValue,
      payload: call.payload,
      contentType: call.contentType,
      credentials: userCredentials(call.request, call.target.resource?.passes),
    },
    argumentsDigest: call.argumentsDigest,
    requester: {
      subject: call.identity.subject,
      issuer: call.identity.issuer,
      groups: call.identity.groups,
      session: call.identity.session,
    },
    resource: call.target.resource?.name ?? "",
    approvers: verdict.approvers,
    quorum: verdict.quorum,
    rule: verdict.rule,
    expiresIn: verdict.expiresIn,
    correlation: call.correlation,
  };
}

function identityOf(call: AuthorizedCall): CallIdentity {
  return {
    requester: { subject: call.identity.subject, issuer: call.identity.issuer },
    operationDigest: call.target.digest,
    argumentsDigest: call.argumentsDigest,
    resource: call.target.resource?.name ?? "",
  };
}

/** Calls of one person that may wait at once: a flood would bury what somebody else asks. */
const pendingPerPerson = 100;

async function isFull(store: Store, { identity, snapshot }: AuthorizedCall): Promise<boolean> {
  const most = snapshot.workspace.server?.pendingPerPerson ?? pendingPerPerson;
  const { subject, issuer } = identity;
  const requester = { subject, issuer };
  const waiting = await store.countApprovals({ states: ["pending"], requester });
  return waiting >= most;
}

export interface GateOptions {
  readonly store: Store;
  readonly now: () => number;
}

export function createGate({ store, now }: GateOptions): Part<"gate"> {
  return {
    point: "gate",
    process: async function gate(call): Promise<Step<ApprovedCall>> {
      const verdict = call.snapshot.rules.gate({
        app: call.app.name,
        operation: call.target.operation,
        access: call.access,
        arguments: call.arguments,
        identity: call.identity,
        time: new Date(now()),
      });
      if (!verdict.required) {
        const { why: reason, exemptBy } = verdict;
        return proceed({ ...call, gate: { kind: "open", reason, exemptBy } });
      }
      const same = identityOf(call);
      const voucher = await voucherFor(store, same, now());
      if (voucher !== undefined) {
        return proceed({ ...call, gate: { kind: "voucher", approval: voucher } });
      }
      if ((await recentDenial(store, same, now())) !== undefined)
        return refuse("approval-denied", "The same request was denied a moment ago.");
      if (call.request.headers.has(govern.sync)) {
        return refuse("held-sync", "This write waits for approval, and the caller cannot wait.");
      }
      if (await isFull(store, call)) {
        const detail = "So many requests of yours wait already that no more are taken.";
        return refuse("too-many-held", detail);
      }
      const entry = callEntry(call, "held", {
        decision: { permission: call.permission, gate: verdict.why },
      });
      const approval = await store.hold(newApproval(call, verdict), entry);
      return { ok: false, halt: { kind: "held", approval } };
    },
  };
}
