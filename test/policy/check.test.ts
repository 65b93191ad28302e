import { describe, expect, it } from "vitest";
import { parseWorkspace } from "../../src/contract/workspace-file.ts";
import { checkPolicy, type PolicyFinding } from "../../src/policy/check.ts";
import { apps, credit, updateAccounts } from "./operations.ts";

const time = new Date("2026-03-02T10:00:00Z");

/** Rules start on line 5. */
function check(
  rules: string,
  groups = "{ support: { members: [sam] }, leads: { members: [ana] } }",
) {
  const text = `version: 1
groups: ${groups}
resources: { ledger: { kind: postgres, url: x }, billing: { kind: http, upstream: x, auth: service } }
apps: { console: { resources: { sql: ledger, "https://api.acme.example": billing } } }
${rules}`;
  const { workspace, locate } = parseWorkspace(text, "govern.yaml");
  return checkPolicy(workspace, apps, { locate, time });
}

const told = (findings: PolicyFinding[]): string[] =>
  findings.map(
    ({ place, severity, rule, message }) =>
      `${place.line}:${place.column} ${severity} ${rule}: ${message}`,
  );

const held = `approvals: [{ match: { access: write }, approvers: { any: [leads] }, quorum: 1, expiresIn: 24h }]`;

describe("policy check of masks", () => {
  it("tells groups and targets that do not exist, and fields that no statement gives", () => {
    const findings = check(`${held}
permissions: [{ groups: [support], allow: [console/*] }]
masks:
  - { mask: [console/table:accounts], fields: [balence, id], except: [leds] }
  - { mask: [consol/read], fields: [id] }
  - { mask: [console/table:accounts+kind:sql], fields: [accounts.balance, ssn] }
  - { mask: [console/kind:stream], fields: [id] }`);
    expect(told(findings).filter((line) => line.includes("-rule"))).toEqual([
      "8:71 error invalid-rule: unknown group `leds`, did you mean `leads`?",
      "9:14 error invalid-rule: unknown app `consol`, did you mean `console`?",
      "10:75 warning unmatched-rule: masks[2] masks nothing: no statement that it matches names ssn",
      "11:5 warning unmatched-rule: masks[3] matches no operation",
    ]);
  });
});

describe("policy check", () => {
  it("finds nothing in a workspace in which every rule has a part", () => {
    expect(
      told(
        check(`${held}
permissions:
  - { groups: [support], allow: [console/read] }
  - { groups: [support], allow: [console/post-*], when: arguments.body.amount <= 500 }
  - { groups: [leads], allow: [console/*] }
  - { groups: [leads], deny: [console/table:salaries] }
limits: [{ limit: [console/write], rate: 30/1m }]`),
      ),
    ).toEqual([]);
  });

  it("tells names that do not exist, with their place, and goes on", () => {
    const findings = check(`${held}
permissions:
  - { groups: [suport], allow: [console/read] }
  - { groups: [leads], allow: [console/post-acounts-credits-3f9a2c, console/resource:leger] }
  - { groups: [leads], allow: [console/kind:sq] }
limits: [{ groups: [heads], limit: [consol/write], rate: 1/1s }]`);
    expect(told(findings)).toEqual([
      "7:16 error invalid-rule: unknown group `suport`, did you mean `support`?",
      "8:32 error invalid-rule: unknown operation `post-acounts-credits-3f9a2c` of the app console, did you mean `post-accounts-credits-3f9a2c`?",
      "8:69 error invalid-rule: unknown resource `leger`, did you mean `ledger`?",
      "9:32 error invalid-rule: unknown kind `sq`, did you mean `sql`?",
      "10:21 error invalid-rule: unknown group `heads`, did you mean `leads`?",
      "10:37 error invalid-rule: unknown app `consol`, did you mean `console`?",
    ]);
  });

  it.each([
    [
      "a rule that another one makes idle",
      `  - { groups: [support, leads], allow: [console/*] }
  - { groups: [leads], allow: [console/read] }`,
      "8:5 warning shadowed-rule: permissions[1] changes nothing: permissions[0] allows all of it",
    ],
    [
      "whichever stands first",
      `  - { groups: [leads], allow: [console/read], when: identity.subject == 'ana' }
  - { groups: [leads], allow: [console/read] }`,
      "7:5 warning shadowed-rule: permissions[0] changes nothing: permissions[1] allows all of it",
    ],
    [
      "of two that say the same, the second",
      `  - { groups: [leads], allow: [console/read] }
  - { groups: [leads], allow: [console/kind:sql+read, console/get-*] }`,
      "8:5 warning shadowed-rule: permissions[1] changes nothing: permissions[0] allows all of it",
    ],
    [
      "several rules together",
      `  - { groups: [leads], allow: [console/read] }
  - { groups: [leads], allow: [console/write] }
  - { groups: [leads], allow: [console/kind:sql] }`,
      "9:5 warning shadowed-rule: permissions[2] changes nothing: permissions[0], permissions[1] allow all of it",
    ],
    [
      "what is allowed and denied",
      `  - { groups: [leads], allow: [console/write] }
  - { groups: [leads, support], deny: [console/*] }
  - { groups: [support], allow: [console/get-*] }`,
      "7:5 warning shadowed-rule: permissions[0] allows nothing: permissions[1] denies all of it",
      "9:5 warning shadowed-rule: permissions[2] allows nothing: permissions[1] denies all of it",
    ],
    [
      "a denial of what nobody may do",
      `  - { groups: [leads], allow: [console/read] }
  - { groups: [leads], deny: [console/write] }`,
      "8:5 note shadowed-rule: permissions[1] denies what no rule allows",
    ],
    [
      "a target of nothing",
      `  - { groups: [leads], allow: [console/put-*, console/table:nothing] }`,
      "7:5 warning unmatched-rule: permissions[0] matches no operation",
    ],
    [
      "conditions over fields that operations lack",
      `  - { groups: [leads], allow: [console/*] }
  - { groups: [leads], deny: [console/write], when: arguments.body.amount > 5 }`,
      "8:53 warning unfit-condition: 2 of the 3 operations that permissions[1] matches are denied whatever the condition says: console/call-0a0a03 has no `body` in arguments",
    ],
  ])("tells %s", (_name, permissions, ...expected) => {
    expect(told(check(`${held}\npermissions:\n${permissions}`))).toEqual(expected);
  });

  it("does not take a denial under a condition, or of other groups, for a reason", () => {
    const findings = check(`${held}
permissions:
  - { groups: [leads], allow: [console/write] }
  - { groups: [leads], deny: [console/*], when: time.getHours() > 20 }
  - { groups: [support], deny: [console/*] }`);
    expect(findings).toEqual([]);
  });

  const all = "permissions: [{ groups: [support], allow: [console/*] }]\n";

  it.each([
    [
      "an approval rule that others always decide before",
      `  - { match: { access: write }, approvers: { any: [leads] }, quorum: 1, expiresIn: 24h }
  - { match: { app: console, access: write }, approvers: { all: [leads] }, quorum: 1, expiresIn: 24h }`,
      "7:5 warning shadowed-rule: approvals[0] never decides: approvals[1] decides all that it matches",
    ],
    [
      "an exemption that ended",
      `  - { match: { access: write }, approvers: { any: [leads] }, quorum: 1, expiresIn: 24h }
  - { match: { operation: console/${credit.id} }, require: none, reason: r, until: 2026-03-01 }`,
      "8:5 warning ended-exemption: approvals[1] ended on 2026-03-01",
    ],
    [
      "approvers of whom there are too few",
      `  - { match: { access: write }, approvers: { any: [leads, support] }, quorum: 3, expiresIn: 24h }`,
      "7:44 warning unsatisfiable-approval: nobody can release what approvals[0] holds: it takes 3 people and there are only 2",
    ],
    [
      "writes without an approval rule",
      `  - { match: { operation: console/${updateAccounts.id} }, approvers: { any: [leads] }, quorum: 1, expiresIn: 24h }`,
      `6:1 warning unreleasable-write: 2 permitted writes of console are held and no approval rule says who releases them: ${credit.id}, call-0a0a03`,
    ],
  ])("tells %s", (_name, approvals, ...expected) => {
    expect(told(check(`${all}approvals:\n${approvals}`))).toEqual(
      expected.map((line) => line.replace(/^6:1 /, "7:3 ")),
    );
  });

  it("keeps a rule before which an exemption stands that will end", () => {
    const findings = check(`${all}approvals:
  - { match: { access: write }, approvers: { any: [leads] }, quorum: 1, expiresIn: 24h }
  - { match: { app: console }, require: none, reason: r, until: 2026-12-31 }`);
    expect(findings).toEqual([]);
  });

  it("tells groups that nobody can be in, and the approvals that hang on them", () => {
    const findings = check(
      `${all}approvals: [{ match: { access: write }, approvers: { all: [leads, heads] }, quorum: 1, expiresIn: 24h }]`,
      "{ support: { members: [sam] }, leads: { members: [ana] }, heads: { claims: { groups: heads } } }",
    );
    expect(told(findings)).toEqual([
      "2:74 warning empty-group: nobody can be in the group heads: no claim that somebody may have, no member, no dev user",
      "6:52 warning unsatisfiable-approval: nobody can release what approvals[0] holds: every group of `all` has to approve, and nobody can be in heads",
    ]);
  });

  it("takes claims for people once a provider says who they are", () => {
    const findings = check(
      `${all}identity: { oidc: { issuer: "https://sso.acme.example", clientId: govern } }
approvals: [{ match: { access: write }, approvers: { all: [heads] }, quorum: 4, expiresIn: 24h }]`,
      "{ support: { members: [sam] }, heads: { claims: { groups: heads } } }",
    );
    expect(findings).toEqual([]);
  });
});
