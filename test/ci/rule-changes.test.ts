import { describe, expect, it } from "vitest";
import { comparePrivileges } from "../../src/ci/privileges/compare.ts";
import type { GovernedSide } from "../../src/ci/privileges/read-side.ts";
import { keysAt } from "../../src/contract/schema-keys.ts";
import { parseWorkspace } from "../../src/contract/workspace-file.ts";
import { workspaceSchema, type Workspace } from "../../src/contract/workspace.ts";

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

/** A workspace in which each section guards something. */
const guarded = `version: 1
server: { operatorUrl: https://govern.acme.example, pendingPerPerson: 10, trustedProxies: [10.0.0.0/8] }
identity:
  oidc: { issuer: https://sso.acme.example, clientId: govern }
  sessions: { idle: 1h }
  local: { "1000": { issuer: local, subject: ana } }
groups:
  support: { claims: { groups: [support, sales], site: [hq] } }
  leads: { members: [ana] }
  barred: { members: [sam], claims: { groups: [barred, left] } }
  slow: { members: [sam] }
  both: { members: [sam] }
resources:
  billing: { kind: http, upstream: https://billing.acme.example, auth: service, headers: { authorization: "\${env:TOKEN}" }, networks: [10.0.0.0/8] }
  copy: { kind: http, upstream: https://billing.acme.example, auth: service, headers: { authorization: "\${env:TOKEN}" }, networks: [10.0.0.0/8] }
  main: { kind: postgres, url: "\${env:MAIN}" }
  ledger: { kind: postgres, url: "\${env:LEDGER}", set: { app.user: identity.subject } }
apps:
  desk: { url: https://desk.acme.example, resources: { same-origin: billing, sql: main, "sql:neon": ledger } }
permissions:
  - { groups: [support, both], allow: ["desk/*"] }
  - { groups: [barred, both], deny: [desk/write] }
limits:
  - { limit: [desk/read, desk/write], groups: [slow, both], rate: 30/1m }
masks:
  - { mask: [desk/read], fields: [ssn, card], except: [leads] }
approvals:
  - { match: { access: write }, approvers: { all: [leads] }, quorum: 3, expiresIn: 1h, justification: required }
  - { match: { access: write }, approvers: { all: [leads] }, quorum: 1, expiresIn: 1h }
breakGlass:
  - { people: [ana, sam], release: [desk/write], window: 10m, reviewers: [leads] }
reclassify: [{ operation: desk/post-search-3f9a2c, access: write, reason: it may write }]
suppress: [{ rule: bypass, file: src/a.ts, reason: later, until: 2027-01-01 }]
notifications: { ops: { kind: webhook, url: https://hooks.acme.example, secret: "\${env:HOOK}" } }
audit: { redact: [arguments.body.ssn], signingKey: "\${env:KEY}", anchors: [{ file: /mnt/a }] }
`;

const strict =
  "  - { match: { access: write }, approvers: { all: [leads] }, quorum: 3, expiresIn: 1h, justification: required }\n";
const lax =
  "  - { match: { access: write }, approvers: { all: [leads] }, quorum: 1, expiresIn: 1h }\n";
const key = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";

async function replaced(from: string, to: string): Promise<string[]> {
  const after = guarded.replace(from, () => to);
  expect(after).not.toBe(guarded);
  return changes(guarded, after);
}

describe("approval rules of one match", () => {
  it("are several, and nothing is told where none changed", async () => {
    expect(await changes(guarded, guarded)).toEqual([]);
    expect(await replaced(strict + lax, lax + strict)).toEqual([]);
  });

  it("are told as wider where the strictest is gone or asks for less", async () => {
    expect(await replaced(strict, "")).toEqual([expect.stringMatching(/^wider .*is gone/)]);
    expect(await replaced("quorum: 3", "quorum: 2")).toEqual([
      expect.stringMatching(/^wider .*2 decide instead of 3/),
    ]);
    expect(await replaced(strict, lax)).toEqual([
      expect.stringMatching(/^wider .*1 decide instead of 3/),
      expect.stringMatching(/^wider .*no reason/),
    ]);
  });

  it("are told as narrower where the first asks for more", async () => {
    expect(await replaced("quorum: 3", "quorum: 4")).toEqual([expect.stringMatching(/^narrower /)]);
  });

  it("are wider where a group came that may stand in for a second person", async () => {
    expect(
      await replaced("all: [leads] }, quorum: 3", "all: [leads, support] }, quorum: 3"),
    ).toEqual([expect.stringMatching(/^wider .*others may decide/)]);
  });
});

describe("what binds no longer is wider", () => {
  it.each([
    ["30/1m", "60/1m", /no longer: slow may run desk\/read at most 30\/1m/],
    ["30/1m", "30/30s", /no longer: slow/],
    ["  - { limit: [desk/read, desk/write], groups: [slow, both], rate: 30/1m }", "  []", /slow/],
    ["groups: [slow, both], rate", "groups: [slow], rate", /no longer: both may run desk/],
    ["limit: [desk/read, desk/write]", "limit: [desk/read]", /no longer: slow may run desk\/write/],
    ["fields: [ssn, card]", "fields: [card]", /no longer: ssn is masked/],
    ["except: [leads]", "except: [leads, support]", /no longer: ssn is masked/],
    ["barred: { members: [sam]", "barred: { members: []", /sam left the group barred/],
    ["groups: [barred, left] }", "groups: [barred] }", /fewer claims make a member of barred/],
    ["groups: [barred, left] }", "groups: [barred, left], site: hq }", /fewer claims make/],
    ["slow: { members: [sam] }", "slow: { members: [] }", /sam left the group slow/],
    ["both: { members: [sam] }", "both: { members: [] }", /sam left the group both/],
    [
      "both: { members: [sam] }",
      "both: { members: [sam, ana] }",
      /ana is a member of the group both/,
    ],
    [
      ', "sql:neon": ledger',
      "",
      /calls to sql:neon reach another resource.*main instead of ledger/,
    ],
    ["same-origin: billing", "same-origin: copy", /calls to same-origin reach another resource/],
    ["sql: main, ", "sql: ledger, ", /calls to sql reach another resource/],
  ])("%j → %j", async (from, to, told) => {
    const [first, ...others] = await replaced(from, to);
    expect(first).toMatch(told);
    expect([first, ...others].filter((text) => text?.startsWith("wider"))).not.toEqual([]);
    expect(first).toMatch(/^wider/);
  });

  it("whatever a condition makes of groups", async () => {
    const asked = guarded.replace(
      'allow: ["desk/*"] }',
      `allow: ["desk/*"], when: "!('leads' in identity.groups)" }`,
    );
    const left = asked.replace("leads: { members: [ana] }", "leads: { members: [] }");
    expect(await changes(asked, left)).toEqual([
      expect.stringMatching(/^wider .*ana left the group leads/),
    ]);
  });
});

describe("settings that guard less are wider", () => {
  it.each([
    ["trustedProxies: [10.0.0.0/8]", "trustedProxies: [0.0.0.0/0]", "server.trustedProxies"],
    ["trustedProxies: [10.0.0.0/8]", "trustedProxies: [10.0.0.0/8, 192.0.2.1]", "server.trusted"],
    ["pendingPerPerson: 10", "pendingPerPerson: 11", "server.pendingPerPerson is 11 instead of 10"],
    [", pendingPerPerson: 10", "", "server.pendingPerPerson is 100 instead of 10"],
    ["https://govern.acme", "https://other.acme", "server.operatorUrl"],
    ["idle: 1h", "idle: 3h", "identity.sessions.idle is 3h instead of 1h"],
    ["{ idle: 1h }", "{ absolute: 13h, idle: 1h }", "identity.sessions.absolute is 13h"],
    ["subject: ana", "subject: sam", "identity.local"],
    ["clientId: govern", "clientId: other", "identity.oidc"],
    [
      "networks: [10.0.0.0/8] }\n  copy",
      "networks: [10.0.0.0/7] }\n  copy",
      "resources.billing.networks",
    ],
    ["env:TOKEN", "env:ADMIN", "resources.billing.headers"],
    ["auth: service", "auth: asserted", "resources.billing.auth"],
    ["env:MAIN", "env:ADMIN", "resources.main.url"],
    ["main: { kind: postgres", "main: { preview: true, kind: postgres", "resources.main.preview"],
    [", set: { app.user: identity.subject }", "", "resources.ledger.set"],
    ["https://desk.acme", "https://other.acme", "apps.desk.url"],
    ["people: [ana, sam]", "people: [ana, sam, leo]", "ana, sam, leo may release desk/write"],
    ["release: [desk/write]", 'release: ["desk/*"]', "may release desk/\\* alone"],
    ["window: 10m", "window: 20m", "may release"],
    ["reviewers: [leads]", "reviewers: [support]", "may release"],
    ["until: 2027-01-01", "until: 2027-02-01", "bypass is accepted"],
    ["redact: [arguments.body.ssn]", "redact: []", "audit.redact"],
    [`, signingKey: "\${env:KEY}"`, "", "audit.signingKey"],
    ["[{ file: /mnt/a }]", "[{ print: true }]", "audit.anchors"],
    ["https://hooks.acme", "https://other.acme", "notifications.ops"],
  ])("%j → %j", async (from, to, told) => {
    const wider = await replaced(from, to);
    expect(wider).toEqual([expect.stringMatching(`^wider govern\\.yaml: .*${told}`)]);
  });

  it("and keys by which apps may be signed", async () => {
    const one = guarded.replace("server: { ", `server: { trustedKeys: [${key}], `);
    const other = "MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const two = guarded.replace("server: { ", `server: { trustedKeys: [${key}, "${other}"], `);
    const told = /server\.trustedKeys/;
    expect(await changes(one, two)).toEqual([expect.stringMatching(/^wider .*trustedKeys/)]);
    expect(await changes(one, guarded)).toEqual([expect.stringMatching(/^wider .*trustedKeys/)]);
    for (const [from, to] of [
      [two, one],
      [guarded, one],
    ] as const) {
      expect(await changes(from, to)).toEqual([expect.stringMatching(/^narrower/)]);
      expect((await changes(from, to)).join("")).toMatch(told);
    }
  });
});

describe("what only narrows does not fail", () => {
  it.each([
    ["30/1m", "20/1m"],
    ["30/1m", "30/1h"],
    ["limit: [desk/read, desk/write]", 'limit: ["desk/*"]'],
    ["groups: [slow, both], rate: 30/1m", "rate: 30/1m"],
    ["groups: [support, sales]", "groups: [support]"],
    ["leads: { members: [ana] }", "leads: { members: [] }"],
    ["barred: { members: [sam]", "barred: { members: [sam, ana]"],
    ["idle: 1h", "idle: 5m"],
    ["trustedProxies: [10.0.0.0/8]", "trustedProxies: [10.1.0.0/16]"],
    ["pendingPerPerson: 10", "pendingPerPerson: 9"],
    ["people: [ana, sam]", "people: [ana]"],
    ["window: 10m", "window: 5m"],
    ["fields: [ssn, card]", "fields: [ssn, card, iban]"],
    ["same-origin: billing, ", ""],
    ["until: 2027-01-01", "until: 2026-12-31"],
    ["[{ file: /mnt/a }]", "[{ file: /mnt/a }, { print: true }]"],
  ])("%j → %j", async (from, to) => {
    const told = await replaced(from, to);
    expect(told).not.toEqual([]);
    expect(told.filter((text) => text.startsWith("wider"))).toEqual([]);
  });
});

describe("no section is silent", () => {
  /** Per section of govern.yaml, what is replaced in it. */
  const samples: Readonly<Record<string, readonly [from: string, to: string] | null>> = {
    version: null,
    server: ["pendingPerPerson: 10", "pendingPerPerson: 11"],
    identity: ["clientId: govern", "clientId: other"],
    groups: ["leads: { members: [ana] }", "leads: { members: [ana, sam] }"],
    resources: ["env:MAIN", "env:ADMIN"],
    apps: ["sql: main", "sql: ledger"],
    permissions: ["deny: [desk/write]", "deny: [desk/read]"],
    approvals: ["quorum: 3", "quorum: 2"],
    breakGlass: ["window: 10m", "window: 20m"],
    limits: ["30/1m", "60/1m"],
    masks: ["fields: [ssn, card]", "fields: [card]"],
    // Told of the operation: its access is another.
    reclassify: null,
    suppress: ["until: 2027-01-01", "until: 2027-02-01"],
    notifications: ["env:HOOK", "env:OTHER"],
    audit: ["arguments.body.ssn", "arguments.body.iban"],
  };

  it("of those that the schema has", async () => {
    expect(Object.keys(samples).toSorted()).toEqual(keysAt(workspaceSchema, []));
    for (const sample of Object.values(samples)) {
      if (sample === null) continue;
      expect(await replaced(...sample), sample[0]).toContainEqual(
        expect.stringMatching(/^wider/) as string,
      );
    }
  });

  it("of those that it came to have", async () => {
    const [old, now] = [side("old", guarded), side("new", guarded)];
    const more = { ...now.workspace, future: { loose: true } } as unknown as Workspace;
    const diff = await comparePrivileges(old, { ...now, workspace: more });
    expect(diff.changes.map(({ message }) => message)).toEqual(["govern.yaml: future is new"]);
    expect(diff.widened).toBe(true);
  });

  it.each([
    ["server", (one: Workspace, more: object) => ({ ...one, server: { ...one.server, ...more } })],
    [
      "identity",
      (one: Workspace, more: object) => ({ ...one, identity: { ...one.identity, ...more } }),
    ],
    ["audit", (one: Workspace, more: object) => ({ ...one, audit: { ...one.audit, ...more } })],
    [
      "apps.desk",
      (one: Workspace, more: object) => ({
        ...one,
        apps: { desk: { ...one.apps?.["desk"], ...more } },
      }),
    ],
    [
      "resources.main",
      (one: Workspace, more: object) => ({
        ...one,
        resources: { ...one.resources, main: { ...one.resources?.["main"], ...more } },
      }),
    ],
  ])("nor a setting that %s came to have", async (name, change) => {
    const [old, now] = [side("old", guarded), side("new", guarded)];
    const more = change(read(guarded), { future: true }) as Workspace;
    const diff = await comparePrivileges(old, { ...now, workspace: more });
    expect(diff.changes).toMatchObject([
      { widens: true, message: expect.stringContaining(`${name}.future`) as string },
    ]);
  });
});
