import { describe, expect, it } from "vitest";
import { renderEntries, renderEntry } from "../../src/cli/audit-view.ts";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import { displayWidth } from "../../src/cli/text.ts";
import { pipeLook, terminalLook } from "./looks.ts";

const sam = { subject: "sam", issuer: "dev", groups: ["dev"], session: null };
const blank: AuditEntry = {
  v: 1,
  seq: 0,
  time: "2026-05-04T13:22:07.123Z",
  type: "start",
  actor: null,
  app: null,
  build: null,
  operation: null,
  arguments: null,
  decision: null,
  approval: null,
  policy: null,
  resource: null,
  outcome: null,
  correlation: "c-0",
};
const entries: AuditEntry[] = [
  blank,
  {
    ...blank,
    seq: 1,
    type: "refused",
    actor: sam,
    app: "console",
    decision: { refused: "unregistered", at: "resolve", detail: "No operation matches." },
    outcome: { status: 403, request: { method: "DELETE", path: "/api/\u202Eaccounts" } },
  },
  {
    ...blank,
    seq: 2,
    type: "decision",
    actor: sam,
    operation: "post-credits-3f9a2c",
    approval: "7QkAAAAAaaaa",
    decision: { result: "refused", code: "own-request", wish: "approve", reason: null },
  },
  {
    ...blank,
    seq: 3,
    type: "outcome",
    operation: "post-credits-3f9a2c",
    outcome: { state: "executed", status: 201, bytes: 12 },
  },
];

describe("renderEntries", () => {
  it("says what happened in a few words", () => {
    const [, , refused, decision, outcome] = renderEntries(entries, pipeLook).split("\n");
    expect(refused).toMatch(
      /refused +sam +DELETE \S+accounts +unregistered: No operation matches\./,
    );
    expect(decision).toMatch(
      /decision +sam +post-credits-3f9a2c +approve refused: own-request +7QkAAAAA/,
    );
    expect(outcome).toMatch(/outcome +- +post-credits-3f9a2c +executed 201/);
  });

  it("shows hidden characters and fits the terminal", () => {
    for (const width of [120, 80, 50]) {
      const text = renderEntries(entries, terminalLook(width));
      expect(text).not.toContain("\u202E");
      expect(Math.max(...text.split("\n").map(displayWidth))).toBeLessThanOrEqual(width);
    }
  });
});

describe("renderEntry", () => {
  it("leaves nothing out that is there", () => {
    const text = renderEntry(entries[1] ?? blank, pipeLook);
    expect(text).toContain(String.raw`"path": "/api/\u{202e}accounts"`);
    expect(text).toMatch(/correlation +c-0/);
  });
});
