/** Who may release a held call alone, and what is wrong with rules that say so. */
import { describe, expect, it } from "vitest";
import { parseWorkspace } from "../../src/contract/workspace-file.ts";
import { checkPolicy } from "../../src/policy/check.ts";
import { compilePolicy } from "../../src/policy/policy.ts";
import { apps, credit, search, workspaceOf } from "./operations.ts";

const time = new Date("2026-03-02T10:00:00Z");
const glass = { people: ["ana"], release: ["console/write"], window: "15m", reviewers: ["leads"] };
const callOf = (operation: typeof credit) => ({
  app: "console",
  operation,
  arguments: { path: {}, query: {}, headers: {}, body: {} },
  identity: { subject: "sam", issuer: "dev", groups: ["support"] },
  time,
});

describe("breakGlass", () => {
  it("lets the people that it names release what it names, by the shortest window", () => {
    const workspace = workspaceOf({
      groups: { leads: { members: ["kim"] } },
      breakGlass: [glass, { ...glass, people: ["ana", "lee"], window: "90s" }],
    });
    const policy = compilePolicy(workspace, apps);
    expect(policy.breakGlass(callOf(credit), "ana")).toMatchObject({
      name: "breakGlass[1]",
      window: 90_000,
      reviewers: ["leads"],
    });
    expect(policy.breakGlass(callOf(search), "ana")).toBeNull();
    expect(policy.breakGlass(callOf(credit), "kim")).toBeNull();
  });

  it.each(["2h", "61m", "0m", "1d"])("has no window of %s", (window) => {
    const text = `version: 1\nbreakGlass: [{ people: [ana], release: [a/b], window: ${window}, reviewers: [x] }]`;
    expect(() => parseWorkspace(text, "govern.yaml")).toThrow(/up to an hour/);
  });

  it("is told of what it names that does not exist, and of reviews that nobody can do", () => {
    const { workspace, locate } = parseWorkspace(
      `version: 1
groups: { leads: { members: [kim] }, empty: {} }
resources: { ledger: { kind: postgres, url: x }, billing: { kind: http, upstream: x, auth: service } }
apps: { console: { resources: { sql: ledger, "https://api.acme.example": billing } } }
approvals: [{ match: { access: write }, approvers: { all: [leads] }, quorum: 1, expiresIn: 1h, ticket: "(a+)+" }]
breakGlass:
  - { people: [ana], release: [consol/write], window: 5m, reviewers: [leds] }
  - { people: [ana], release: [console/write], window: 5m, reviewers: [empty] }
`,
      "govern.yaml",
    );
    const found = checkPolicy(workspace, apps, { locate, time });
    const told = found.map(({ place, rule, message }) => `${place.line} ${rule}: ${message}`);
    for (const line of [
      "5 invalid-rule: the ticket's pattern cannot be used: a group must not be repeated",
      "7 invalid-rule: unknown app `consol`, did you mean `console`?",
      "7 invalid-rule: unknown group `leds`, did you mean `leads`?",
      "8 unsatisfiable-approval: nobody can review what breakGlass[1] releases: nobody can be in empty",
    ]) {
      expect(told).toContain(line);
    }
  });
});
