import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallArguments } from "../../src/contract/arguments.ts";
import { operationSchema, type Operation } from "../../src/contract/operation.ts";
import { parseWorkspace } from "../../src/contract/workspace-file.ts";
import {
  workspaceSchema,
  type ApprovalRule,
  type Permission,
  type Workspace,
} from "../../src/contract/workspace.ts";
import { isGovernError } from "../../src/errors/govern-error.ts";
import { compilePolicy, type PolicyCall } from "../../src/policy/policy.ts";

const credit: Operation = operationSchema.parse({
  id: "post-accounts-credits-3f9a2c",
  kind: "http",
  access: "write",
  why: "method POST",
  method: "POST",
  origin: "https://api.acme.example",
  path: "/api/accounts/{accountId}/credits",
  query: { fields: {}, open: false },
  headers: [],
  body: { type: "json" },
});
const list: Operation = { ...credit, id: "get-accounts-77aa01", access: "read", why: "method GET" };
const update: Operation = operationSchema.parse({
  id: "update-accounts-81be07",
  kind: "sql",
  access: "write",
  why: "UpdateStmt",
  dialect: "postgres",
  statement: "UPDATE accounts SET balance = balance + $1 WHERE id = $2",
  tables: ["accounts"],
  parameters: ["balance", "id"],
  client: "neon",
});
const move: Operation = operationSchema.parse({
  ...update,
  id: "insert-credits-accounts-0a0a0a",
  tables: ["accounts", "credits"],
});
const batch: Operation = operationSchema.parse({
  id: "batch-neon-0b0b0b",
  kind: "sql-batch",
  access: "write",
  why: "UpdateStmt",
  dialect: "postgres",
  client: "neon",
  statements: [update.id, move.id],
});
const operations = [credit, list, update, move, batch];
const apps = new Map([["console", operations]]);

function workspace(rules: Partial<Workspace>): Workspace {
  return workspaceSchema.parse({
    version: 1,
    identity: { dev: { users: { sam: ["dev"] } } },
    groups: {
      support: { claims: { groups: "support" } },
      leads: { members: ["ana"] },
      interns: {},
    },
    apps: { console: { resources: {} } },
    ...rules,
  });
}

const compile = (rules: Partial<Workspace>) => compilePolicy(workspace(rules), apps);

function call(
  operation: Operation,
  changes: Partial<PolicyCall> & { body?: unknown } = {},
): PolicyCall {
  const { body = null, ...rest } = changes;
  const values = { path: {}, query: {}, headers: {}, body } as CallArguments;
  return {
    app: "console",
    operation,
    arguments: values,
    time: new Date("2026-03-01T12:00:00Z"),
    identity: { subject: "sam", issuer: "dev", groups: ["support"] },
    ...rest,
  };
}

interface NaiveRule {
  groups: string[];
  effect: "allow" | "deny";
  targets: string[];
  limit: number | undefined;
}

function naiveVerdict(rule: NaiveRule, amount: number | undefined): boolean | "failed" {
  if (rule.limit === undefined) return true;
  return amount === undefined ? "failed" : amount <= rule.limit;
}

function naiveDecision(
  rules: NaiveRule[],
  groups: string[],
  operation: Operation,
  amount: number | undefined,
): "allow" | "deny" {
  const wanted = [`console/${operation.id}`, `console/${operation.access}`, "console/*"];
  const matching = rules
    .filter((rule) => rule.groups.some((group) => groups.includes(group)))
    .filter((rule) => rule.targets.some((target) => wanted.includes(target)));
  const verdicts = (effect: "allow" | "deny") =>
    matching.filter((rule) => rule.effect === effect).map((rule) => naiveVerdict(rule, amount));
  const denied = verdicts("deny").some((verdict) => verdict !== false);
  return verdicts("allow").includes(true) && !denied ? "allow" : "deny";
}

describe("authorize", () => {
  it("denies when no rule allows", () => {
    expect(compile({}).authorize(call(list))).toEqual({
      decision: "deny",
      code: "denied",
      reason: "no permission allows it",
      rule: null,
    });
  });

  it.each([
    ["console/read", list, "allow"],
    ["console/read", credit, "deny"],
    ["console/write", credit, "allow"],
    ["console/*", credit, "allow"],
    [`console/${credit.id}`, credit, "allow"],
    [`console/${credit.id}`, update, "deny"],
  ])("by the target %s decides %s", (target, operation, decision) => {
    const policy = compile({ permissions: [{ groups: ["support"], allow: [target] }] });
    expect(policy.authorize(call(operation)).decision).toBe(decision);
    const stranger = { subject: "x", issuer: "dev", groups: ["interns"] };
    expect(policy.authorize(call(operation, { identity: stranger })).decision).toBe("deny");
    expect(policy.authorize(call(operation, { app: "other" })).decision).toBe("deny");
  });

  it("lets a denial win over every allowance, and names it", () => {
    const policy = compile({
      permissions: [
        { groups: ["support"], allow: ["console/*"] },
        { groups: ["support"], deny: ["console/write"] },
      ],
    });
    expect(policy.authorize(call(credit))).toMatchObject({
      code: "denied",
      rule: "permissions[1]",
    });
    expect(policy.authorize(call(list))).toMatchObject({
      decision: "allow",
      rule: "permissions[0]",
    });
  });

  it.each([
    [{ amount: 250 }, "allow", undefined],
    [{ amount: 250.5 }, "allow", undefined],
    [{ amount: 500 }, "allow", undefined],
    [{ amount: 500.01 }, "deny", "denied"],
    [{ amount: 1e300 }, "deny", "denied"],
    [{}, "deny", "policy-failed"],
    [null, "deny", "policy-failed"],
    [{ amount: "250" }, "deny", "policy-failed"],
    [{ amount: null }, "deny", "policy-failed"],
    [{ amount: [250] }, "deny", "policy-failed"],
    [{ amount: { valueOf: 1 } }, "deny", "policy-failed"],
    [{ amount: true }, "deny", "policy-failed"],
    [JSON.parse('{"__proto__": {"amount": 1}}'), "deny", "policy-failed"],
  ])("by `arguments.body.amount <= 500` answers %j with %s", (body, decision, code) => {
    const policy = compile({
      permissions: [
        { groups: ["support"], allow: ["console/write"], when: "arguments.body.amount <= 500" },
      ],
    });
    const result = policy.authorize(call(credit, { body }));
    expect(result.decision).toBe(decision);
    if (result.decision === "deny") expect(result.code).toBe(code);
  });

  it("denies when the condition of a denial fails, even where another rule allows", () => {
    const policy = compile({
      permissions: [
        { groups: ["support"], allow: ["console/*"] },
        { groups: ["support"], deny: ["console/write"], when: "arguments.body.amount > 500" },
      ],
    });
    expect(policy.authorize(call(credit, { body: { amount: 1 } })).decision).toBe("allow");
    expect(policy.authorize(call(credit, { body: { amount: 501 } }))).toMatchObject({
      code: "denied",
    });
    expect(policy.authorize(call(credit, { body: {} }))).toMatchObject({
      code: "policy-failed",
      rule: "permissions[1]",
    });
  });

  it("does not fail where another rule allows without a doubt", () => {
    const policy = compile({
      permissions: [
        { groups: ["support"], allow: ["console/*"], when: "arguments.nothing.x == 1" },
        { groups: ["support"], allow: ["console/write"] },
      ],
    });
    expect(policy.authorize(call(credit))).toMatchObject({
      decision: "allow",
      rule: "permissions[1]",
    });
  });

  it("gives conditions the caller and the operation", () => {
    const when =
      'identity.subject == "sam" && "support" in identity.groups && operation.tables == ["accounts"] && ' +
      'operation.kind == "sql" && operation.access == "write" && operation.app == "console" && arguments.values.id == "a1"';
    const policy = compile({ permissions: [{ groups: ["support"], allow: ["console/*"], when }] });
    const values = { values: { id: "a1" } };
    expect(policy.authorize(call(update, { arguments: values })).decision).toBe("allow");
  });

  it("equals a naive evaluator: nothing without an allowance, nothing against a denial", () => {
    const targets = [
      "console/read",
      "console/write",
      "console/*",
      `console/${credit.id}`,
      `console/${list.id}`,
    ];
    const rule = fc.record({
      groups: fc.uniqueArray(fc.constantFrom("support", "leads", "interns"), { minLength: 1 }),
      effect: fc.constantFrom("allow" as const, "deny" as const),
      targets: fc.uniqueArray(fc.constantFrom(...targets), { minLength: 1 }),
      limit: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    });
    const caller = fc.record({
      groups: fc.uniqueArray(fc.constantFrom("support", "leads", "interns", "dev")),
      operation: fc.constantFrom(credit, list),
      amount: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 6 }),
        caller,
        (rules, { groups, operation, amount }) => {
          const permissions = rules.map((one): Permission => ({
            groups: one.groups,
            [one.effect]: one.targets,
            ...(one.limit === undefined ? {} : { when: `arguments.body.amount <= ${one.limit}` }),
          }));
          const body = amount === undefined ? {} : { amount };
          const identity = { subject: "sam", issuer: "dev", groups };
          const result = compile({ permissions }).authorize(call(operation, { body, identity }));
          expect(result.decision).toBe(naiveDecision(rules, groups, operation, amount));
        },
      ),
      { numRuns: 500 },
    );
  });
});

const held = (match: ApprovalRule["match"], changes: object = {}): ApprovalRule => ({
  match,
  approvers: { all: ["leads"] },
  quorum: 1,
  expiresIn: "24h",
  ...changes,
});
const exempt = (match: ApprovalRule["match"], changes: object = {}): ApprovalRule => ({
  match,
  require: "none",
  reason: "agreed",
  ...changes,
});

function naiveWeight({ match }: ApprovalRule): number {
  const keys = ["access", "app", "table", "operation"] as const;
  return keys.reduce(
    (sum, key, index) => sum + (match[key] === undefined ? 0 : 100 * 2 ** index),
    0,
  );
}

function naiveMatch(rule: ApprovalRule, operation: Operation): boolean {
  const { match } = rule;
  const statement = operation === batch ? move : operation;
  const touched = statement.kind === "sql" ? statement.tables : [];
  const named = match.operation === undefined || match.operation === `console/${operation.id}`;
  const accessed = match.access === undefined || match.access === operation.access;
  if (!named || !accessed || match.table === undefined) return named && accessed;
  return touched.includes(match.table) && (!("require" in rule) || touched.length === 1);
}

function naiveRule(
  rules: ApprovalRule[],
  operation: Operation,
): { required: boolean; quorum: number } | undefined {
  const [best] = rules
    .filter((rule) => naiveMatch(rule, operation))
    .map((rule) => ({
      weight: naiveWeight(rule),
      required: !("require" in rule),
      quorum: "require" in rule ? 0 : rule.quorum,
    }))
    .toSorted((a, b) => b.weight + b.quorum - (a.weight + a.quorum));
  return best;
}

describe("gate", () => {
  it("holds a write that no rule matches, for nobody; reads pass", () => {
    expect(compile({}).gate(call(credit))).toEqual({
      required: true,
      approvers: null,
      quorum: 1,
      expiresIn: 86_400_000,
      justification: false,
      ticket: null,
      rule: null,
      reason: "no rule matches this write: nobody can release it",
    });
    expect(compile({}).gate(call(list))).toMatchObject({ required: false, rule: null });
  });

  it("holds for the approvers of the rule", () => {
    const rule = held(
      { access: "write" },
      { approvers: { any: ["leads", "dev"] }, quorum: 2, expiresIn: "30m" },
    );
    expect(compile({ approvals: [rule] }).gate(call(credit))).toEqual({
      required: true,
      approvers: { any: ["leads", "dev"] },
      quorum: 2,
      expiresIn: 1_800_000,
      justification: false,
      ticket: null,
      rule: "approvals[0]",
      reason: "approvals[0] holds it",
    });
  });

  it("holds a read when a rule says so", () => {
    expect(compile({ approvals: [held({ access: "read" })] }).gate(call(list)).required).toBe(true);
  });

  it.each([
    [
      "operation over table",
      held({ table: "accounts" }),
      exempt({ operation: `console/${update.id}` }),
    ],
    ["table over app", held({ app: "console" }), exempt({ table: "accounts" })],
    ["app over access", held({ access: "write" }), exempt({ app: "console" })],
    [
      "app and access over app",
      held({ app: "console" }),
      exempt({ app: "console", access: "write" }),
    ],
    [
      "table over app and access",
      held({ app: "console", access: "write" }),
      exempt({ table: "accounts" }),
    ],
  ])(
    "the more specific rule decides: %s, in either order of the file",
    (_name, general, specific) => {
      for (const approvals of [
        [general, specific],
        [specific, general],
      ]) {
        expect(compile({ approvals }).gate(call(update)).required).toBe(false);
      }
    },
  );

  it.each([
    ["held over exempt", exempt({ access: "write" }), held({ access: "write" })],
    [
      "larger quorum",
      held({ access: "write" }, { approvers: { all: ["leads", "dev"] } }),
      held({ access: "write" }, { quorum: 3 }),
    ],
    [
      "more groups",
      held({ access: "write" }),
      held({ access: "write" }, { approvers: { all: ["leads", "dev"] } }),
    ],
    [
      "all over any",
      held({ access: "write" }, { approvers: { any: ["leads", "dev"] } }),
      held({ access: "write" }),
    ],
  ])(
    "of two equally specific rules the one that asks for more decides: %s",
    (_name, less, more) => {
      expect(compile({ approvals: [less, more] }).gate(call(update)).rule).toBe("approvals[1]");
      expect(compile({ approvals: [more, less] }).gate(call(update)).rule).toBe("approvals[0]");
    },
  );

  it("exempts by table only what touches no other table", () => {
    const policy = compile({
      approvals: [held({ access: "write" }), exempt({ table: "accounts" })],
    });
    expect(policy.gate(call(update)).required).toBe(false);
    expect(policy.gate(call(move)).required).toBe(true);
    expect(policy.gate(call(batch)).required).toBe(true);
    expect(policy.gate(call(credit)).required).toBe(true);
  });

  it("holds a batch by any table of its statements", () => {
    const policy = compile({ approvals: [exempt({ app: "console" }), held({ table: "credits" })] });
    expect(policy.gate(call(batch))).toMatchObject({ required: true, rule: "approvals[1]" });
  });

  it("lets an exemption end after its last day", () => {
    const policy = compile({ approvals: [exempt({ access: "write" }, { until: "2026-06-30" })] });
    expect(policy.gate(call(credit, { time: new Date("2026-06-30T23:59:59.999Z") })).required).toBe(
      false,
    );
    expect(policy.gate(call(credit, { time: new Date("2026-07-01T00:00:00Z") }))).toMatchObject({
      required: true,
      approvers: null,
    });
  });

  it("takes a failing condition for met where the rule holds, for unmet where it exempts", () => {
    const when = "arguments.body.amount <= 50";
    const exempting = compile({ approvals: [exempt({ access: "write", when })] });
    expect(exempting.gate(call(credit, { body: { amount: 5 } })).required).toBe(false);
    expect(exempting.gate(call(credit, { body: { amount: 51 } })).required).toBe(true);
    expect(exempting.gate(call(credit, { body: {} })).required).toBe(true);
    const holding = compile({ approvals: [held({ access: "read", when })] });
    expect(holding.gate(call(list, { body: { amount: 51 } })).required).toBe(false);
    expect(holding.gate(call(list, { body: {} }))).toMatchObject({
      required: true,
      reason: "approvals[0] holds it: its condition could not be evaluated",
    });
  });

  it("goes by the access after reclassify, in permissions too", () => {
    const reclassify = [
      { operation: `console/${credit.id}`, access: "read" as const, reason: "a search" },
    ];
    const permissions = [{ groups: ["support"], allow: ["console/read"] }];
    const policy = compile({ reclassify, permissions });
    expect(policy.access("console", credit)).toBe("read");
    expect(policy.access("other", credit)).toBe("write");
    expect(policy.gate(call(credit)).required).toBe(false);
    expect(policy.authorize(call(credit)).decision).toBe("allow");
  });

  it("equals a naive evaluator, whatever the order of the rules", () => {
    const match = fc
      .record(
        {
          operation: fc.constantFrom(`console/${update.id}`, `console/${credit.id}`),
          table: fc.constantFrom("accounts", "credits"),
          app: fc.constant("console"),
          access: fc.constantFrom("read" as const, "write" as const),
        },
        { requiredKeys: [] },
      )
      .filter((one) => Object.keys(one).length > 0);
    const rule = fc.oneof(
      fc.tuple(match, fc.integer({ min: 1, max: 3 })).map(([one, quorum]) => held(one, { quorum })),
      match.map((one) => exempt(one)),
    );
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 6 }),
        fc.constantFrom(...operations),
        (approvals, operation) => {
          const best = naiveRule(approvals, operation);
          const result = compile({ approvals }).gate(call(operation));
          const shuffled = compile({ approvals: approvals.toReversed() }).gate(call(operation));
          expect(result.required).toBe(best?.required ?? operation.access === "write");
          expect(shuffled.required).toBe(result.required);
          if (result.required && best !== undefined) expect(result.quorum).toBe(best.quorum);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("groupsOf", () => {
  const policy = compile({
    groups: {
      support: { claims: { groups: "support" } },
      leads: { claims: { groups: ["leads", "heads"] }, members: ["ana"] },
      interns: {},
    },
  });
  const of = (subject: string, claims: Record<string, unknown>, dev?: string[]) =>
    policy.groupsOf({ subject, issuer: "https://sso.acme.example", claims }, dev);

  it("goes by the claim, of whose values any will do, and by name", () => {
    expect(of("sam", { groups: ["support", "x"] })).toEqual(["support"]);
    expect(of("sam", { groups: "support" })).toEqual(["support"]);
    expect(of("sam", { groups: ["heads"] })).toEqual(["leads"]);
    expect(of("ana", {})).toEqual(["leads"]);
  });

  it("gives nothing for claims of another shape", () => {
    const claims = [
      {},
      { groups: null },
      { groups: { support: true } },
      { groups: [["support"]] },
      { groups: "support,leads" },
    ];
    for (const one of claims) expect(of("sam", one)).toEqual([]);
    expect(of("constructor", {})).toEqual([]);
  });

  it("adds the groups of a dev user", () => expect(of("sam", {}, ["dev", "dev"])).toEqual(["dev"]));
});

describe("a group by another claim than the one that tells groups", () => {
  const claims = { department: "care" };

  it("is refused, for nobody would be in it and what it is denied would be allowed", () => {
    expect(() => compile({ groups: { support: {}, leads: { claims } } })).toThrow(
      "groups are told by the claim `groups` alone (groupsClaim of identity), not by `department`",
    );
  });

  it("is good where identity names that claim", () => {
    const oidc = {
      issuer: "https://sso.acme.example",
      clientId: "govern",
      clientSecret: "x",
      groupsClaim: "department",
    };
    const { groupsOf } = compile({
      identity: { oidc },
      groups: { support: {}, leads: { claims } },
    });
    expect(groupsOf({ subject: "sam", issuer: oidc.issuer, claims })).toEqual(["leads"]);
  });
});

describe("digest", () => {
  it("changes with what decides and with nothing else", () => {
    const base = compile({});
    expect(compile({ server: { operatorUrl: "https://govern.acme.example" } }).digest).toBe(
      base.digest,
    );
    expect(compile({ permissions: [], approvals: [] }).digest).toBe(base.digest);
    expect(compile({ approvals: [held({ access: "write" })] }).digest).not.toBe(base.digest);
    expect(compile({ groups: { dev: {}, leads: {} } }).digest).not.toBe(base.digest);
    expect(base.digest).toMatch(/^[0-9a-f]{64}$/);
  });
});

function faults(rules: string): { message: string; faults: unknown } {
  const text = `version: 1
identity: { dev: { users: { sam: [dev] } } }
groups: { support: {}, leads: {} }
resources: { ledger: { kind: postgres, url: x }, billing: { kind: http, upstream: x, auth: service } }
${rules.includes("apps:") ? "" : "apps: { console: { resources: { sql: ledger } } }\n"}${rules}`;
  const { workspace: parsed, locate } = parseWorkspace(text, "conf/govern.yaml");
  try {
    compilePolicy(parsed, apps, locate);
  } catch (error) {
    if (isGovernError(error)) return { message: error.message, faults: error.details["faults"] };
    throw error;
  }
  return { message: "accepted", faults: [] };
}

describe("compilePolicy refuses, with the place in govern.yaml", () => {
  it.each([
    [
      "permissions: [{ groups: [suport], allow: [console/read] }]",
      "6:26 unknown group `suport`, did you mean `support`?",
    ],
    [
      "permissions: [{ groups: [dev], allow: [consol/read] }]",
      "6:40 unknown app `consol`, did you mean `console`?",
    ],
    [
      "permissions: [{ groups: [dev], deny: [console/get-nothing-000000] }]",
      "6:39 unknown operation `get-nothing-000000` of the app console",
    ],
    [
      "permissions: [{ groups: [dev], allow: [console/*], when: 'arguments.body.amount <=' }]",
      "6:58 the condition is not valid: Unexpected token: EOF",
    ],
    [
      "permissions: [{ groups: [dev], allow: [console/*], when: 'amount <= 5' }]",
      "6:58 the condition is not valid: Unknown variable: amount",
    ],
    [
      "permissions: [{ groups: [dev], allow: [console/*], when: 'identity.name == \"x\"' }]",
      "6:58 the condition is not valid: No such key: name",
    ],
    [
      "permissions: [{ groups: [dev], allow: [console/*], when: '1 + 1' }]",
      "6:58 the condition is not valid: the condition is a int, not a bool",
    ],
    [
      "permissions: [{ groups: [dev], allow: [console/*], when: 'identity.subject.matches(\"(a+)+\")' }]",
      "6:58 the condition is not valid: matches is not available",
    ],
    [
      "permissions: [{ groups: [dev], allow: [console/*], when: 'arguments.l.all(x, arguments.l.exists(y, x == y))' }]",
      "6:58 the condition is not valid: exists within another list function",
    ],
    [
      "approvals: [{ match: { access: write }, approvers: { any: [leads, heads] }, quorum: 1, expiresIn: 1h }]",
      "6:67 unknown group `heads`",
    ],
    [
      "approvals: [{ match: { app: other }, require: none, reason: r }]",
      "6:29 unknown app `other`",
    ],
    [
      "approvals: [{ match: { operation: console/write }, require: none, reason: r }]",
      "6:35 `console/write` names no single operation",
    ],
    [
      "approvals: [{ match: { access: write, when: 'x' }, require: none, reason: r }]",
      "6:45 the condition is not valid",
    ],
    [
      "reclassify: [{ operation: console/get-nothing-000000, access: read, reason: r }]",
      "6:27 unknown operation",
    ],
    [
      `reclassify: [{ operation: console/${credit.id}, access: read, reason: r }, { operation: console/${credit.id}, access: write, reason: r }]`,
      "6:105 `console/post-accounts-credits-3f9a2c` is reclassified twice",
    ],
    [
      "apps: { console: { resources: { sql: leger } } }",
      "5:38 unknown resource `leger`, did you mean `ledger`?",
    ],
    ["apps: { console: { resources: { sql: billing } } }", "5:38 `billing` is no database"],
    [
      "apps: { console: { resources: { same-origin: ledger } } }",
      "5:46 `ledger` is no http resource",
    ],
  ])("%s", (rules, message) => {
    expect(faults(rules).message).toContain(`conf/govern.yaml:${message}`);
  });

  it("and tells all faults at once", () => {
    const found = faults(
      "permissions: [{ groups: [x], allow: [y/read] }, { groups: [z], deny: [console/*], when: q }]",
    );
    expect(found.faults).toHaveLength(4);
    expect(found.message).toContain("(and 3 more)");
  });

  it("accepts groups that only dev users have, and hand-written operations", () => {
    expect(faults("permissions: [{ groups: [dev], allow: [console/*] }]").message).toBe("accepted");
    const policy = compilePolicy(
      workspace({
        apps: { console: { resources: {}, operations: [credit] } },
        approvals: [held({ operation: `console/${credit.id}` })],
      }),
      new Map(),
    );
    expect(policy.gate(call(credit)).rule).toBe("approvals[0]");
  });
});
