import { describe, expect, it } from "vitest";
import { comparePrivileges } from "../../src/ci/privileges/compare.ts";
import type { GovernedSide } from "../../src/ci/privileges/read-side.ts";
import { parseWorkspace } from "../../src/contract/workspace-file.ts";
import type { Workspace } from "../../src/contract/workspace.ts";

const base = `version: 1
identity: { oidc: { issuer: https://sso.acme.example, clientId: govern } }
groups:
  support: { claims: { groups: support } }
  leads: { members: [ana@acme.example] }
resources:
  billing: { kind: http, upstream: https://billing.acme.example, auth: passthrough }
apps:
  desk: { resources: { same-origin: billing } }
permissions:
  - { groups: [support], allow: [desk/read] }
  - { groups: [support], allow: [desk/post-credits-3f9a2c], when: arguments.body.amount <= 500 }
  - { groups: [interns], deny: [desk/write] }
approvals:
  - { match: { access: write }, approvers: { all: [leads, support] }, quorum: 2, expiresIn: 1h, justification: required, ticket: 'OPS-\\d+' }
  - { match: { app: other }, approvers: { all: [leads] }, quorum: 1, expiresIn: 1h }
`;

const read = (text: string): Workspace => parseWorkspace(text, "govern.yaml").workspace;

const side = (name: string, text: string): GovernedSide => ({
  name,
  app: "desk",
  operations: [],
  workspace: read(text),
});

async function changes(from: string, to: string): Promise<string[]> {
  const diff = await comparePrivileges(side("old", from), side("new", to));
  return diff.changes.map(({ widens, message }) => `${widens ? "wider" : "narrower"} ${message}`);
}

/** What is replaced in the rules, and what is told of it. */
const looser: readonly (readonly [from: string, to: string, told: RegExp])[] = [
  ["allow: [desk/read]", "allow: [desk/*]", /support may run desk\/\*/],
  ["amount <= 500", "amount <= 5000", /support may run desk\/post-credits-3f9a2c when .*5000/],
  [", when: arguments.body.amount <= 500", "", /support may run desk\/post-credits-3f9a2c$/],
  [
    "  - { groups: [interns], deny: [desk/write] }\n",
    "",
    /no longer: interns is denied desk\/write/,
  ],
  ["groups: [interns], deny", "groups: [others], deny", /no longer: interns is denied/],
  ["quorum: 2", "quorum: 1", /1 decide instead of 2/],
  [", justification: required", "", /asks for no reason any more/],
  [", ticket: 'OPS-\\d+'", "", /asks for no ticket any more/],
  ["'OPS-\\d+'", "'.+'", /takes other tickets/],
  [
    "approvals:\n",
    "breakGlass:\n  - { people: [sam], release: [desk/write], window: 5m, reviewers: [leads] }\napprovals:\n",
    /sam may release desk\/write alone/,
  ],
  ["all: [leads, support]", "all: [leads]", /others may decide/],
  ["all: [leads, support]", "any: [leads, support]", /others may decide/],
  [
    "all: [leads, support] }, quorum: 2, expiresIn: 1h",
    "all: [leads, support] }, quorum: 2, expiresIn: 8h",
    /waits for 8h instead of 1h/,
  ],
  [
    "  - { match: { access: write }, approvers: { all: [leads, support] }, quorum: 2, expiresIn: 1h, justification: required, ticket: 'OPS-\\d+' }\n",
    "",
    /the rule that held it is gone/,
  ],
  [
    "approvals:\n",
    "approvals:\n  - { match: { app: desk }, require: none, reason: trust }\n",
    /app desk: is exempt from approval/,
  ],
  [
    "approvals:\n",
    "approvals:\n  - { match: { table: accounts }, approvers: { any: [support] }, quorum: 1, expiresIn: 1h }\n",
    /by a new rule/,
  ],
  [
    "members: [ana@acme.example]",
    "members: [ana@acme.example, sam@acme.example]",
    /sam@acme\.example is a member of the group leads/,
  ],
  [
    "claims: { groups: support }",
    "claims: { groups: [support, sales] }",
    /other claims make a member of support/,
  ],
  [
    "auth: passthrough",
    "auth: service",
    /calls to same-origin reach another resource, or as somebody else/,
  ],
  [
    "{ same-origin: billing }",
    "{ same-origin: billing, https://x.example: billing }",
    /calls to https:\/\/x\.example reach a resource/,
  ],
  [
    "{ same-origin: billing } }",
    "{ same-origin: billing }, page: { frame: [{ origin: https://x.example, reason: a map }] } }",
    /the page may load frame from https:\/\/x\.example/,
  ],
  [
    "version: 1\n",
    "version: 1\nsuppress: [{ rule: bypass, file: src/a.ts, reason: later, until: 2027-01-01 }]\n",
    /bypass is accepted for src\/a\.ts until 2027-01-01/,
  ],
  ["sso.acme.example", "sso.evil.example", /who people are/],
];

describe("a looser rule is wider", () => {
  it.each(looser)("%j → %j", async (from, to, told) => {
    const after = base.replace(from, () => to);
    expect(after).not.toBe(base);
    const wider = await changes(base, after);
    expect(wider.filter((text) => text.startsWith("wider"))).toEqual([
      expect.stringMatching(told) as string,
    ]);
  });
});

describe("what is not looser", () => {
  it.each([
    ["nothing", (text: string) => text],
    [
      "another rule of another app",
      (text: string) =>
        text.replace(
          "{ app: other }, approvers: { all: [leads] }",
          "{ app: other }, approvers: { any: [leads] }",
        ),
    ],
    [
      "one rule in two",
      (text: string) =>
        text.replace(
          "permissions:\n",
          "permissions:\n  - { groups: [support], allow: [desk/read] }\n",
        ),
    ],
    [
      "dev users",
      (text: string) => text.replace("identity: {", "identity: { dev: { users: { sam: [dev] } },"),
    ],
    ["more to agree", (text: string) => text.replace("quorum: 2", "quorum: 3")],
    [
      "a shorter wait",
      (text: string) => text.replace("quorum: 2, expiresIn: 1h", "quorum: 2, expiresIn: 5m"),
    ],
    [
      "a permission that is gone",
      (text: string) => text.replace("allow: [desk/read]", "allow: [other/read]"),
    ],
    [
      "one that is denied",
      (text: string) =>
        text.replace(
          "permissions:\n",
          "permissions:\n  - { groups: [support], deny: [desk/write] }\n",
        ),
    ],
    [
      "a condition where there was none",
      (text: string) =>
        text.replace(
          "allow: [desk/read] }",
          "allow: [desk/read], when: arguments.query.mine == true }",
        ),
    ],
  ])("%s", async (_what, change) => {
    const told = await changes(base, change(base));
    const wider = told.filter((text) => text.startsWith("wider"));
    expect(wider).toEqual([]);
  });
});
