import type { NewAuditEntry } from "../../../src/contract/audit-entry.ts";
import type { ApprovalEvent, NewApproval, NewSession } from "../../../src/sidecar/store/store.ts";

/** An entry of an app's read, with what a test wants otherwise. */
export function sampleEntry(changes: Partial<NewAuditEntry> = {}): NewAuditEntry {
  return {
    type: "read",
    actor: { subject: "sam", issuer: "dev", groups: ["dev"], session: "5e55" },
    app: "support-console",
    build: "b01d",
    operation: "get-accounts-1a2b3c",
    arguments: { path: {}, query: { q: 'naïve – \u2028 "x"' }, headers: {}, body: null },
    decision: { result: "allow" },
    approval: null,
    policy: "9011c7",
    resource: "billing",
    outcome: { status: 200 },
    correlation: "c0443147",
    ...changes,
  };
}

/** A held credit of sam's, decided by leads. */
export function sampleApproval(changes: Partial<NewApproval> = {}): NewApproval {
  return {
    app: "support-console",
    operation: "post-accounts-credits-3f9a2c",
    operationDigest: "0d19",
    summary: "POST /api/accounts/{accountId}/credits",
    build: "b01d",
    policy: "9011c7",
    call: {
      access: "write",
      arguments: { path: { accountId: "7" }, query: {}, headers: {}, body: { amount: 25 } },
      payload: null,
      contentType: "application/json",
    },
    argumentsDigest: "a465",
    requester: { subject: "sam", issuer: "dev", groups: ["dev"], session: "5e55" },
    resource: "billing",
    approvers: { all: ["leads"] },
    quorum: 1,
    rule: null,
    expiresIn: 60_000,
    correlation: "c0443147",
    ...changes,
  };
}

export function sampleVote(
  subject: string,
  changes: Partial<Extract<ApprovalEvent, { type: "vote" }>> = {},
): ApprovalEvent {
  return {
    type: "vote",
    subject,
    issuer: "dev",
    groups: ["leads"],
    decision: "approve",
    reason: null,
    ticket: null,
    ...changes,
  };
}

/** A session of ana's at the operator origin. */
export function sampleSession(changes: Partial<NewSession> = {}): NewSession {
  return {
    id: "5e5510",
    audience: "operator",
    subject: "ana",
    issuer: "https://sso.acme.example",
    groups: ["support", "support-leads"],
    groupsAt: 1_000,
    seenAt: 1_000,
    expiresAt: 50_000,
    tokens: { refresh: "refresh-1", id: "e30.e30.e30" },
    ...changes,
  };
}
