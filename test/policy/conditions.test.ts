import { describe, expect, it } from "vitest";
import type { CallArguments } from "../../src/contract/arguments.ts";
import type { JsonValue } from "../../src/contract/canonical-json.ts";
import { isGovernError } from "../../src/errors/govern-error.ts";
import { compilePolicy } from "../../src/policy/policy.ts";
import {
  all,
  credit,
  issueRefund,
  moveBalance,
  search,
  updateAccounts,
  workspaceOf,
} from "./operations.ts";

const apps = new Map([["console", [...all, moveBalance, issueRefund]]]);
const one = `console/${credit.id}`;

function compile(when: string, allow = [one]) {
  return compilePolicy(workspaceOf({ permissions: [{ groups: ["dev"], allow, when }] }), apps);
}

function faultOf(when: string, allow = [one]): string {
  try {
    compile(when, allow);
    return "fits";
  } catch (error) {
    if (isGovernError(error)) return error.message.replace(/^govern\.yaml:1:1 /, "");
    throw error;
  }
}

function decide(
  when: string,
  changes: { body?: JsonValue; time?: string; arguments?: CallArguments; allow?: string[] } = {},
): string {
  const args = { path: {}, query: {}, headers: {}, body: changes.body ?? null };
  const result = compile(when, changes.allow).authorize({
    app: "console",
    operation: credit,
    arguments: changes.arguments ?? args,
    identity: { subject: "sam", issuer: "dev", groups: ["dev"] },
    time: new Date(changes.time ?? "2026-03-02T10:30:00Z"),
  });
  return result.decision === "allow" ? "allow" : result.code;
}

describe("a condition over the time of the call", () => {
  it.each([
    ["time.getHours('UTC') >= 8 && time.getHours('UTC') < 18", "2026-03-02T10:30:00Z", "allow"],
    ["time.getHours('UTC') >= 8 && time.getHours('UTC') < 18", "2026-03-02T18:00:00Z", "denied"],
    ["time.getHours('America/New_York') == 5", "2026-03-02T10:30:00Z", "allow"],
    ["time.getDayOfWeek('UTC') in [1, 2, 3, 4, 5]", "2026-03-01T10:30:00Z", "denied"],
    ["time < timestamp('2026-03-02T10:30:00.001Z')", "2026-03-02T10:30:00Z", "allow"],
    ["time - duration('1h') > timestamp('2026-03-02T10:00:00Z')", "2026-03-02T10:30:00Z", "denied"],
  ])("%s at %s: %s", (when, time, expected) => {
    expect(decide(when, { time })).toBe(expected);
  });

  it.each([
    ["time > '2026'", "no such overload"],
    ["time.getHours('Mars/Base') > 1", '"Mars/Base" is no time zone'],
    ["time > timestamp('soon')", '"soon" is no timestamp'],
    ["time - duration('1 hour') < time", '"1 hour" is no duration'],
  ])("is refused at load: %s", (when, message) => {
    expect(faultOf(when)).toContain(message);
  });
});

describe("a condition is held against the fields of the operations that its rule names", () => {
  it.each([
    ["arguments.body.amout <= 500", "has no `amout` in arguments.body, did you mean `amount`?"],
    ["has(arguments.body.amout)", "has no `amout` in arguments.body"],
    ["arguments.bodi.amount <= 500", "has no `bodi` in arguments, did you mean `body`?"],
    ["arguments.path.id == 'x'", "has no `id` in arguments.path"],
    ["arguments.query.force", "has no `force` in arguments.query"],
    ["arguments.headers['if-none-match'] == 'x'", "has no `if-none-match` in arguments.headers"],
    ["arguments.body.amount == '5'", "has other types: no such overload: double == string"],
    ["arguments.body.reason > 5", "has other types"],
    ["arguments.body.tags.exists(tag, tag == 5)", "has other types"],
    ["arguments.body.kind == 5", "has other types"],
    ["arguments.path.accountId == 5", "has other types"],
    ["arguments.values.id == 'x'", "has no `values` in arguments"],
  ])("%s is refused", (when, message) => {
    expect(faultOf(when)).toContain(`the condition does not fit: ${one} ${message}`);
  });

  it.each([
    "arguments.body.amount <= 500",
    "arguments.body.amount == 500",
    "arguments.body.amount != 500 && arguments.body.amount in [1, 2]",
    "has(arguments.query.dryRun) && arguments.query.dryRun",
    "arguments.body['amount'] > 2.5",
    "arguments.headers['if-match'] == 'x'",
    "arguments.body.tags.exists(tag, tag == 'a')",
    "'amount' in arguments.body",
    "arguments.body == {'amount': 1.0}",
    "size(arguments.body) > 1",
    "arguments.path.accountId.startsWith('a')",
    "identity.subject == arguments.path.accountId",
  ])("%s fits", (when) => expect(faultOf(when)).toBe("fits"));

  it("an open shape may have more fields, of any type; known ones keep theirs", () => {
    const allow = [`console/${search.id}`];
    expect(faultOf("arguments.query.page == '2'", allow)).toBe("fits");
    expect(faultOf("arguments.query.q == 2", allow)).toContain("has other types");
    expect(faultOf("arguments.body.x == 1", allow)).toContain("has no `x` in arguments.body");
  });

  it("SQL has its parameters", () => {
    const allow = [`console/${updateAccounts.id}`];
    expect(faultOf("arguments.values.balance <= 500", allow)).toBe("fits");
    expect(faultOf("arguments.values.balnce <= 500", allow)).toContain("did you mean `balance`?");
  });

  it("GraphQL has its variables, as far as their types are known", () => {
    const allow = [`console/${issueRefund.id}`];
    expect(faultOf("arguments.variables.amount <= 500", allow)).toBe("fits");
    expect(faultOf("arguments.variables.input.amount <= 500", allow)).toBe("fits");
    expect(faultOf("arguments.variables.amout <= 5", allow)).toContain("did you mean `amount`?");
    expect(faultOf("arguments.variables.amount == 'x'", allow)).toContain("has other types");
    expect(faultOf("arguments.body.amount <= 500", allow)).toContain("has no `body`");
  });

  it("a batch has its statements, in order", () => {
    const allow = [`console/${moveBalance.id}`];
    expect(faultOf("arguments.statements[0].values.balance <= 500", allow)).toBe("fits");
    expect(faultOf("arguments.statements.all(s, s.values.id != 'x')", allow)).toBe("fits");
    expect(faultOf("arguments.values.balance <= 500", allow)).toContain("has no `values`");
    expect(faultOf("arguments.statements == 5", allow)).toContain("has other types");
  });

  it("is not refused where the rule names no single operation", () => {
    expect(faultOf("arguments.body.anything == 1", ["console/*"])).toBe("fits");
  });
});

describe("a condition's time is bounded", () => {
  const big = Array.from({ length: 2000 }, (_, index) => index);

  it.each([
    ["arguments.body.list.exists(x, x == -1)", { list: big }],
    ["arguments.body.text.contains(arguments.body.part)", { text: "a".repeat(90_000), part: "b" }],
    ["arguments.body.text.indexOf('b') >= 0", { text: "a".repeat(90_000) }],
    ["int(arguments.body.text) > 5", { text: "9".repeat(90_000) }],
  ])("%s fails over a thousand values or 64 KiB of text", (when, body) => {
    expect(decide(when, { body, allow: ["console/*"] })).toBe("policy-failed");
  });

  it("counts nothing where the condition neither loops nor searches", () => {
    const body = { amount: 5, note: "x".repeat(500_000) };
    expect(decide("arguments.body.amount <= 500", { body, allow: ["console/*"] })).toBe("allow");
    const groups = "identity.groups.exists(group, group == 'dev')";
    expect(decide(groups, { body, allow: ["console/*"] })).toBe("allow");
  });

  it.each([
    ["arguments.body.l.all(x, arguments.body.l.exists(y, x == y))", "within another list function"],
    ["arguments.body.s.matches('(a+)+$')", "matches is not available"],
    [`${"identity.subject == 'a' || ".repeat(200)}true`, "too long"],
    [`${"!".repeat(500)}true`, ""],
  ])("%s is refused at load", (when, message) => {
    expect(faultOf(when, ["console/*"])).toContain(message);
    expect(faultOf(when, ["console/*"])).not.toBe("fits");
  });
});
