import { describe, expect, it } from "vitest";
import type { Operation } from "../../src/contract/operation.ts";
import type { Workspace } from "../../src/contract/workspace.ts";
import { diffPolicies, mayGain, type PolicyDiff } from "../../src/policy/diff.ts";
import {
  apps,
  callProcedure,
  credit,
  readAccounts,
  updateAccounts,
  workspaceOf,
} from "./operations.ts";

type Rules = Partial<Workspace>;

const groups = { support: { members: ["sam"] }, interns: { members: ["sam"] } };
const time = new Date("2026-05-04T10:00:00Z");

function diff(
  before: Rules,
  after: Rules,
  operations: readonly Operation[] = [credit],
): PolicyDiff {
  const registered = new Map([["console", operations]]);
  const version = (rules: Rules) => ({
    workspace: workspaceOf({ groups, ...rules }),
    apps: registered,
  });
  return diffPolicies(version(before), version(after), time);
}

const kinds = ({ changes }: PolicyDiff): string[] =>
  changes.map(({ kind, group }) => `${group} ${kind}`);

type Permission = NonNullable<Workspace["permissions"]>[number];
const supportWrites: Permission = { groups: ["support"], allow: ["console/write"] };
const deny = (when?: string, target = "console/write"): Permission => ({
  groups: ["interns"],
  deny: [target],
  ...(when === undefined ? {} : { when }),
});
const large = "arguments.body.amount > 500.0";

const permitted = (...more: Permission[]): Rules => ({ permissions: [supportWrites, ...more] });

describe("diffPolicies and denials of a group that is allowed nothing", () => {
  it.each([
    ["removed", permitted(deny()), permitted()],
    ["put under a condition", permitted(deny()), permitted(deny(large))],
    ["narrowed to other operations", permitted(deny()), permitted(deny(undefined, "console/read"))],
    ["of one condition less", permitted(deny(large), deny("true")), permitted(deny(large))],
    ["bound to another group", permitted(deny()), permitted({ ...deny(), groups: ["leads"] })],
  ])("tells that members of other groups may gain by one %s", (_, before, after) => {
    const found = diff(before, after);
    expect(kinds(found)).toContain("interns gains");
    expect(found.changes.find(({ group }) => group === "interns")?.after).toContain(
      "what another group allows is no longer denied",
    );
    expect(mayGain(found)).toBe(true);
    expect(kinds(diff(after, before))).toContain("interns loses");
  });

  it("tells another condition as a change by which somebody may gain", () => {
    const found = diff(permitted(deny(large)), permitted(deny("arguments.body.amount > 900.0")));
    expect(kinds(found)).toEqual(["interns changes"]);
    expect(mayGain(found)).toBe(true);
  });

  it("tells nothing where another rule still denies", () => {
    expect(kinds(diff(permitted(deny(), deny(large)), permitted(deny())))).toEqual([]);
    const allowed = permitted(deny(), { groups: ["interns"], allow: ["console/write"] });
    expect(kinds(diff(permitted(deny()), allowed))).toEqual([]);
  });

  it("tells nothing of operations that only one version has", () => {
    const rules = permitted(deny());
    const before = { workspace: workspaceOf({ groups, ...rules }), apps };
    const after = { ...before, apps: new Map([["console", [credit]]]) };
    const found = diffPolicies(before, after, time);
    expect(kinds(found)).not.toContain("interns gains");
    expect(mayGain(found)).toBe(false);
  });
});

const limited = (...limits: NonNullable<Workspace["limits"]>): Rules => ({
  permissions: [supportWrites],
  limits,
});

describe("diffPolicies and what else a group takes from its members", () => {
  const own = { limit: ["console/write"], rate: "3/1m", groups: ["interns"] };

  it("tells limits that name it, removed or raised", () => {
    expect(kinds(diff(limited(own), limited()))).toEqual(["interns gains"]);
    const raised = diff(limited(own), limited({ ...own, rate: "30/1m" }));
    expect(kinds(raised)).toEqual(["interns changes"]);
    expect(mayGain(raised)).toBe(true);
    expect(kinds(diff(limited(), limited(own)))).toEqual(["interns loses"]);
  });

  it("tells limits of everybody only where something is allowed", () => {
    const everybody = { limit: ["console/write"], rate: "3/1m" };
    expect(kinds(diff(limited(everybody), limited()))).toEqual(["support gains"]);
  });

  it("tells an exception from a mask", () => {
    const masked = (...except: string[]): Rules => ({
      permissions: [supportWrites],
      masks: [{ mask: ["console/*"], fields: ["ssn"], ...(except.length === 0 ? {} : { except }) }],
    });
    expect(kinds(diff(masked(), masked("interns")))).toEqual(["interns gains"]);
    expect(kinds(diff(masked("interns"), masked()))).toEqual(["interns loses"]);
    expect(kinds(diff({ permissions: [supportWrites] }, masked("interns")))).toEqual([
      "support loses",
    ]);
  });

  it("does not let a loss hide a gain of the same group", () => {
    const held = {
      match: { access: "write" as const },
      approvers: { any: ["leads"] },
      quorum: 1,
      expiresIn: "24h",
    };
    const exempt = { match: { access: "write" as const }, require: "none" as const, reason: "x" };
    const found = diff(
      { permissions: [supportWrites], approvals: [held] },
      { permissions: [{ ...supportWrites, when: large }], approvals: [exempt] },
    );
    expect(kinds(found)).toEqual(["support changes"]);
    expect(mayGain(found)).toBe(true);
  });
});

describe("diffPolicies and what an approval asks for", () => {
  const held = {
    match: { access: "write" as const },
    approvers: { all: ["leads", "support"] },
    quorum: 2,
    expiresIn: "24h",
    justification: "required" as const,
    ticket: "OPS-[0-9]+",
  };
  const { justification: _reason, ...unreasoned } = held;
  const { ticket: _ticket, ...unticketed } = held;

  it.each([
    ["no reason", unreasoned],
    ["no ticket", unticketed],
    ["another ticket", { ...held, ticket: ".+" }],
    ["more time", { ...held, expiresIn: "7d" }],
    ["fewer people", { ...held, quorum: 1 }],
    ["any of the groups", { ...held, approvers: { any: ["leads", "support"] } }],
  ])("tells that it asks for %s", (_, looser) => {
    const permissions = [supportWrites];
    const found = diff({ permissions, approvals: [held] }, { permissions, approvals: [looser] });
    expect(kinds(found)).toEqual(["support changes"]);
    expect(mayGain(found)).toBe(true);
  });
});

const told = (before: Rules["breakGlass"], after: Rules["breakGlass"]): string[] => {
  const [from, to] = [{ breakGlass: before }, { breakGlass: after }];
  const found = diff(from, to, [credit, updateAccounts]);
  expect(mayGain(found)).toBe(found.breakGlass.some(({ kind }) => kind !== "loses"));
  return found.breakGlass.map(({ kind, person, operation }) => `${kind} ${person} ${operation}`);
};

describe("diffPolicies and break glass", () => {
  const glass = {
    people: ["sam"],
    release: [`console/${credit.id}`],
    window: "15m",
    reviewers: ["leads"],
  };
  const on = `console/${credit.id}`;

  it.each([
    ["a rule", [], [glass], `gains sam ${on}`],
    ["a person", [glass], [{ ...glass, people: ["sam", "ana"] }], `gains ana ${on}`],
    [
      "an operation",
      [glass],
      [{ ...glass, release: ["console/write"] }],
      `gains sam console/${updateAccounts.id}`,
    ],
    ["time", [glass], [{ ...glass, window: "1h" }], `gains sam ${on}`],
    ["other reviewers", [glass], [{ ...glass, reviewers: ["support"] }], `changes sam ${on}`],
    ["no rule any more", [glass], [], `loses sam ${on}`],
    ["less time", [glass], [{ ...glass, window: "30s" }], `loses sam ${on}`],
  ])("tells %s", (_, before, after, change) => {
    expect(told(before, after)).toEqual([change]);
  });

  it("tells nothing where nothing changes", () => {
    expect(told([glass], [{ ...glass }])).toEqual([]);
  });
});

describe("diffPolicies and where calls lead", () => {
  const resources: Rules["resources"] = {
    ledger: { kind: "postgres", url: "x" },
    books: { kind: "postgres", url: "x" },
  };
  const mapped = (mapping: Record<string, string>, rest: Rules = {}): Rules => ({
    resources,
    apps: { console: { resources: mapping } },
    ...rest,
  });
  const routes = (before: Rules, after: Rules): unknown[] => {
    const found = diff(before, after, [readAccounts]);
    expect(mayGain(found)).toBe(found.routes.some(({ kind }) => kind !== "loses"));
    return found.routes.map(({ kind, before: from, after: to }) => [kind, from, to]);
  };

  it("tells a removed key whose calls fall back to another resource", () => {
    const before = mapped({ "sql:neon": "books", sql: "ledger" });
    expect(routes(before, mapped({ sql: "ledger" }))).toEqual([["changes", "books", "ledger"]]);
  });

  it("tells calls that begin to lead somewhere, and those that lead nowhere any more", () => {
    expect(routes(mapped({}), mapped({ sql: "ledger" }))).toEqual([
      ["changes", "nowhere", "ledger"],
    ]);
    expect(routes(mapped({ sql: "ledger" }), mapped({}))).toEqual([["loses", "ledger", "nowhere"]]);
  });

  it("tells a resource that is defined otherwise, without its definition, and not how long it is waited for", () => {
    const ledger = { kind: "postgres" as const, url: "postgres://elsewhere.example" };
    const sql = { sql: "ledger" };
    expect(routes(mapped(sql), mapped(sql, { resources: { ledger } }))).toEqual([
      ["changes", "ledger", "ledger, defined otherwise"],
    ]);
    const slow = { ledger: { kind: "postgres" as const, url: "x", timeout: "5m" } };
    expect(routes(mapped(sql), mapped(sql, { resources: slow }))).toEqual([]);
  });

  it("tells the denial that a resource under another name no longer meets", () => {
    const permissions = [
      { groups: ["support"], allow: ["console/*"] },
      { groups: ["interns"], deny: ["console/resource:ledger"] },
    ];
    const found = diff(
      mapped({ sql: "ledger" }, { permissions }),
      mapped({ sql: "books" }, { permissions }),
      [callProcedure],
    );
    expect(kinds(found)).toEqual(["interns gains"]);
    expect(found.routes).toHaveLength(1);
  });
});

const interns = (group: object): Rules["groups"] => ({ ...groups, interns: group });

describe("diffPolicies and members", () => {
  const rules: Rules = {
    permissions: [supportWrites, deny()],
    limits: [{ limit: ["console/write"], rate: "3/1m", groups: ["interns"] }],
  };
  const free = (before: Rules["groups"], after: Rules["groups"]): unknown => {
    const found = diff({ ...rules, groups: before }, { ...rules, groups: after });
    expect(mayGain(found)).toBe(true);
    return found.groups.map(({ group, unbound }) => [group, unbound]);
  };

  it("tells what people and claim values are free of that leave a group", () => {
    const bound = [["interns", ["permissions[1]", "limits[0]"]]];
    expect(free(interns({ members: ["sam", "ana"] }), interns({ members: ["sam"] }))).toEqual(
      bound,
    );
    const claims = (...values: string[]) => interns({ claims: { groups: values } });
    expect(free(claims("a", "b"), claims("a"))).toEqual(bound);
  });

  it("tells nothing of the kind where people join only", () => {
    expect(free(interns({ members: ["sam"] }), interns({ members: ["sam", "ana"] }))).toEqual([
      ["interns", []],
    ]);
  });
});
