import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { operationSchema, type Operation } from "../../src/contract/operation.ts";
import { workspaceSchema, type Workspace } from "../../src/contract/workspace.ts";
import { checkPolicy } from "../../src/policy/check.ts";
import { compilePolicy, type PolicyCall } from "../../src/policy/policy.ts";
import { credit, search, sql } from "./operations.ts";
import { createReference, type ReferenceDecision } from "./reference.ts";

const groupNames = ["a", "b", "c"];
const tables = ["accounts", "credits", "hr.salaries", "Salaries"];
const operations: readonly Operation[] = [
  credit,
  search,
  sql("select-one-00000a", "read", ["accounts"]),
  sql("select-two-00000b", "read", ["accounts", "hr.salaries"]),
  sql("update-one-00000c", "write", ["accounts"]),
  sql("update-pay-00000d", "write", ["Salaries", "credits"]),
  sql("call-any-00000e", "write", []),
  operationSchema.parse({
    id: "batch-00000f",
    kind: "sql-batch",
    access: "write",
    why: "w",
    dialect: "postgres",
    client: "neon",
    statements: ["update-one-00000c", "update-pay-00000d"],
  }),
];
const apps = new Map([
  ["desk", operations],
  ["till", operations.slice(0, 5)],
]);
const named = [...apps].flatMap(([app, list]) => list.map(({ id }) => `${app}/${id}`));

const some = <T>(values: readonly T[], min = 1) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: min, maxLength: 3 });
const part = fc.oneof(
  fc.constantFrom("read", "write", "*", "select-*", "*-one-*", "update-pay-00000d"),
  fc.constantFrom("kind:sql", "kind:http,graphql", "kind:sql*"),
  fc.constantFrom("resource:ledger", "resource:bill*", "resource:ledger,billing"),
  fc
    .constantFrom("accounts", "salaries", "hr.*", "s*", "credits,Salaries", "*")
    .map((one) => `table:${one}`),
);
const target = fc.oneof(
  fc.constantFrom(...named),
  fc
    .tuple(
      fc.constantFrom("desk", "till", "*", "d*"),
      fc.array(part, { minLength: 1, maxLength: 2 }),
    )
    .map(([app, parts]) => `${app}/${parts.join("+")}`)
    // In an app that has no such operation the name would be a fault.
    .filter((text) => !/^till\/.*update-pay/.test(text)),
);
const when = fc.constantFrom(
  undefined,
  undefined,
  "arguments.body.amount <= 2",
  "identity.subject == 'sam'",
  "time.getHours('UTC') < 12",
  "operation.access == 'write' && 'accounts' in operation.tables",
  "identity.groups.exists(group, group == 'b')",
);
const whole = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;

/** Rules that name operations take conditions that fit every one of these. */
const fitting = (text: string | undefined, targets: readonly string[]): string | undefined =>
  text?.includes("body") === true && targets.some((one) => /-0000|get-/.test(one))
    ? undefined
    : text;

const permission = fc
  .tuple(
    some(groupNames),
    fc.constantFrom("allow", "deny"),
    fc.array(target, { minLength: 1, maxLength: 3 }),
    when,
  )
  .map(([groups, effect, targets, text]) =>
    whole({ groups, [effect]: targets, when: fitting(text, targets) }),
  );
const match = fc
  .record(
    {
      operation: fc.constantFrom(...named),
      table: fc.constantFrom(...tables),
      app: fc.constantFrom("desk", "till"),
      access: fc.constantFrom("read", "write"),
    },
    { requiredKeys: [] },
  )
  .filter((one) => Object.keys(one).length > 0);
const approval = fc
  .tuple(
    match,
    when,
    fc.option(fc.integer({ min: 1, max: 3 })),
    fc.constantFrom(undefined, "2026-03-02", "2026-03-01"),
  )
  .map(([one, text, quorum, until]) => {
    const matched = whole({
      ...one,
      when: fitting(text, one.operation === undefined ? [] : [one.operation]),
    });
    return quorum === null
      ? whole({ match: matched, require: "none", reason: "r", until })
      : { match: matched, approvers: { any: ["a"] }, quorum, expiresIn: "1h" };
  });
const limit = fc
  .tuple(
    fc.array(target, { minLength: 1, maxLength: 2 }),
    fc.option(some(groupNames), { nil: undefined }),
  )
  .map(([targets, groups]) => whole({ limit: targets, groups, rate: "3/1m" }));
const workspace = fc
  .record({
    permissions: fc.array(permission, { maxLength: 8 }),
    approvals: fc.array(approval, { maxLength: 5 }),
    limits: fc.array(limit, { maxLength: 3 }),
    reclassify: fc
      .uniqueArray(fc.constantFrom(...named), { maxLength: 2 })
      .chain((names) =>
        fc.tuple(
          ...names.map((operation) =>
            fc.constantFrom("read", "write").map((access) => ({ operation, access, reason: "r" })),
          ),
        ),
      ),
    mapped: fc.boolean(),
  })
  .map(({ mapped, ...rules }): Workspace => {
    const resources = { sql: "ledger", "https://api.acme.example": "billing" };
    return workspaceSchema.parse({
      version: 1,
      groups: { a: { members: ["ana"] }, b: {}, c: {} },
      resources: {
        ledger: { kind: "postgres", url: "x" },
        billing: { kind: "http", upstream: "x", auth: "service" },
      },
      apps: { desk: { resources: mapped ? resources : {} }, till: { resources } },
      ...rules,
    });
  });
const call = fc
  .record({
    place: fc.constantFrom(
      ...[...apps].flatMap(([app, list]) => list.map((operation) => ({ app, operation }))),
    ),
    subject: fc.constantFrom("sam", "ana"),
    groups: some(groupNames, 0),
    amount: fc.option(fc.integer({ min: 0, max: 4 })),
    time: fc.constantFrom("2026-03-01T10:00:00Z", "2026-03-02T23:59:59.999Z"),
    strict: fc.boolean(),
  })
  .map(({ place, subject, groups, amount, time, strict }): PolicyCall => ({
    ...place,
    ...(strict ? { access: "write" as const } : {}),
    arguments: { path: {}, query: {}, headers: {}, body: amount === null ? {} : { amount } },
    identity: { subject, issuer: "dev", groups },
    time: new Date(time),
  }));

function decisionOf(
  policy: ReturnType<typeof compilePolicy>,
  asked: PolicyCall,
): ReferenceDecision {
  const result = policy.authorize(asked);
  const gate = policy.gate(asked);
  return {
    decision: result.decision === "allow" ? "allow" : result.code,
    gate: gate.required ? (gate.approvers === null ? "nobody" : { quorum: gate.quorum }) : "open",
    limits: policy.limits(asked).length,
  };
}

describe("on random workspaces", () => {
  it("the compiled policy says what asking every rule says, call after call", () => {
    fc.assert(
      fc.property(workspace, fc.array(call, { minLength: 1, maxLength: 12 }), (rules, calls) => {
        const policy = compilePolicy(rules, apps);
        const reference = createReference(rules, apps);
        for (const asked of calls) expect(decisionOf(policy, asked)).toEqual(reference(asked));
      }),
      { numRuns: 400 },
    );
  });

  it("nothing is allowed without a rule that allows, and nothing against an unconditional denial", () => {
    fc.assert(
      fc.property(workspace, call, some(groupNames), (rules, asked, denied) => {
        const { groups } = asked.identity;
        const without = {
          ...rules,
          permissions: (rules.permissions ?? []).filter((rule) => rule.deny),
        };
        expect(compilePolicy(without, apps).authorize(asked).decision).toBe("deny");
        const stranger = { ...asked, identity: { ...asked.identity, groups: [] } };
        expect(compilePolicy(rules, apps).authorize(stranger).decision).toBe("deny");
        const deny = { groups: denied, deny: [`*/${asked.operation.id.slice(0, 4)}*`] };
        const against = { ...rules, permissions: [...(rules.permissions ?? []), deny] };
        const before = compilePolicy(rules, apps).authorize(asked).decision;
        const after = compilePolicy(against, apps).authorize(asked).decision;
        const hit = denied.some((group) => groups.includes(group));
        expect(after).toBe(hit ? "deny" : before);
      }),
      { numRuns: 400 },
    );
  });

  it("the order of the rules has no meaning, and a write is never open without an exemption", () => {
    fc.assert(
      fc.property(workspace, call, (rules, asked) => {
        const policy = compilePolicy(rules, apps);
        const turned = compilePolicy(
          {
            ...rules,
            permissions: (rules.permissions ?? []).toReversed(),
            approvals: (rules.approvals ?? []).toReversed(),
          },
          apps,
        );
        expect(decisionOf(turned, asked)).toEqual(decisionOf(policy, asked));
        const holding = (rules.approvals ?? []).filter((rule) => "approvers" in rule);
        const strict = { ...asked, access: "write" as const };
        const gate = compilePolicy({ ...rules, approvals: holding }, apps).gate(strict);
        expect(gate.required).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("what the check calls shadowed or unmatched changes no decision when it is taken out", () => {
    const options = {
      locate: () => ({ file: "govern.yaml", line: 1, column: 1 }),
      time: new Date("2026-03-01T10:00:00Z"),
    };
    const idle = new Set(["shadowed-rule", "unmatched-rule"]);
    fc.assert(
      fc.property(workspace, fc.array(call, { minLength: 6, maxLength: 12 }), (rules, calls) => {
        const found = checkPolicy(rules, apps, options).filter(({ rule }) => idle.has(rule));
        const paths = new Set(found.map(({ path }) => JSON.stringify(path)));
        const keep = (key: string) => (_rule: unknown, index: number) =>
          !paths.has(JSON.stringify([key, index]));
        const fewer = {
          ...rules,
          permissions: (rules.permissions ?? []).filter(keep("permissions")),
          approvals: (rules.approvals ?? []).filter(keep("approvals")),
        };
        const [policy, left] = [compilePolicy(rules, apps), compilePolicy(fewer, apps)];
        for (const asked of calls) {
          // A call that also matches a write is judged as one: the check sees operations, not such calls.
          const { access: _strict, ...own } = asked;
          const [before, after] = [policy.authorize(own), left.authorize(own)];
          expect(after.decision).toBe(before.decision);
          if (own.time.getTime() !== options.time.getTime()) continue;
          expect(decisionOf(left, own).gate).toEqual(decisionOf(policy, own).gate);
        }
      }),
      { numRuns: 400 },
    );
  });
});
