import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../src/sidecar/approvals/figures.ts";
import type { ApprovalRecord } from "../../../src/sidecar/store/store.ts";
import { sampleApproval } from "../store/samples.ts";

const start = Date.parse("2026-03-01T10:00:00.000Z");
const at = (seconds: number): string => new Date(start + seconds * 1000).toISOString();

function decided(
  wait: number,
  decision: "approve" | "deny",
  changes: Partial<ApprovalRecord> = {},
): ApprovalRecord {
  const { expiresIn: _, ...approval } = sampleApproval();
  const vote = { subject: "ana", issuer: "dev", groups: ["leads"], reason: null, ticket: null };
  return {
    ...approval,
    id: "x",
    state: decision === "deny" ? "denied" : "executed",
    votes: [{ ...vote, decision, time: at(wait) }],
    detached: false,
    createdAt: at(0),
    expiresAt: at(600),
    decidedAt: at(wait),
    finishedAt: at(wait),
    fence: 1,
    trace: null,
    release: null,
    resolution: null,
    resultStatus: 201,
    hasResult: false,
    ...changes,
  };
}

describe("figures of how people decide", () => {
  it("tell latency, denials, and the same calls of the same person again", () => {
    const records = [
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((wait) => decided(wait, "approve")),
      decided(60, "deny", { argumentsDigest: "other" }),
      decided(0, "approve", { state: "expired", votes: [], decidedAt: null }),
    ];
    expect(figuresOf(records)).toMatchObject({
      held: 11,
      decided: 10,
      denied: 1,
      expired: 1,
      median: 6000,
      ninetieth: 60_000,
      repeats: 9,
      released: 0,
      deciders: [{ subject: "ana", votes: 10, approved: 9, median: 6000 }],
    });
  });

  it("are none of nothing", () => {
    expect(figuresOf([])).toMatchObject({ held: 0, median: null, ninetieth: null, deciders: [] });
  });
});
