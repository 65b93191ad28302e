import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credit, search, updateAccounts } from "../policy/operations.ts";
import { runGovern, type Run } from "./run-govern.ts";

const yaml = `version: 1
identity: { dev: { users: { sam: [dev], ana: [leads] } } }
groups: { support: { members: [kim] }, heads: {} }
resources:
  ledger: { kind: postgres, url: "postgres://db.example/ledger" }
  billing: { kind: http, upstream: "https://billing.example", auth: service }
apps:
  console: { resources: { sql: ledger, "https://api.acme.example": billing } }
permissions:
  - { groups: [dev, support], allow: [console/read] }
  - { groups: [support], allow: [console/${credit.id}], when: arguments.body.amount <= 500 }
  - { groups: [dev], deny: [console/table:accounts] }
approvals:
  - { match: { access: write }, approvers: { any: [leads] }, quorum: 1, expiresIn: 24h }
`;

const cases = `version: 1
cases:
  - name: support credits small amounts, and somebody approves
    operation: console/${credit.id}
    as: { groups: [support] }
    arguments: { body: { amount: 500 } }
    expect: held
    rule: approvals[0]
    approvers: [leads]
  - name: not large ones
    operation: console/${credit.id}
    as: { subject: kim }
    arguments: { body: { amount: 501 } }
    expect: deny
    rule: permissions[1]
  - name: developers read
    operation: console/${search.id}
    as: { groups: [dev] }
    expect: allow
`;

const body = (amount: number): string => JSON.stringify({ body: { amount } });

let folder: string;
const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
const govern = (...args: string[]): Promise<Run> => runGovern(args, { cwd: folder });
const git = (...args: string[]): void => {
  const who = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  execFileSync("git", [...who, ...args], { cwd: folder, stdio: "ignore" });
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "govern-policy-"));
  mkdirSync(join(folder, "governed/apps/console"), { recursive: true });
  const operations = [credit, search, updateAccounts];
  const contract = JSON.stringify({ version: 1, app: "console", operations });
  write("governed/apps/console/operations.json", contract);
  write("govern.yaml", yaml);
  write("cases.yaml", cases);
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "first");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("govern policy check", () => {
  it("tells findings with file, line and column, and exits 1", async () => {
    const { code, stdout } = await govern("policy", "check");
    expect(stdout).toContain("! govern.yaml:3:47 nobody can be in the group heads");
    expect(stdout).toContain("(empty-group)");
    expect(code).toBe(1);
  });

  it("prints JSON with --json", async () => {
    const { stdout } = await govern("policy", "check", "--json");
    const { findings } = JSON.parse(stdout) as { findings: { rule: string; place: unknown }[] };
    expect(findings[0]).toMatchObject({
      rule: "empty-group",
      severity: "warning",
      place: { file: "govern.yaml", line: 3, column: 47 },
    });
  });

  it("cannot run on a file that is no workspace: exit 2, with the place", async () => {
    write("govern.yaml", "version: 1\npermisions: []\n");
    try {
      const { code, stderr } = await govern("policy", "check");
      expect(code).toBe(2);
      expect(stderr).toContain(
        "error[workspace-invalid]: govern.yaml:2:1 unknown key `permisions`",
      );
    } finally {
      write("govern.yaml", yaml);
    }
  });

  it("says what to do where an app was never imported", async () => {
    write("govern.yaml", yaml.replace("apps:\n", "apps:\n  other: { resources: {} }\n"));
    try {
      const { code, stderr } = await govern("policy", "check");
      expect(code).toBe(2);
      expect(stderr).toContain("error[file-invalid]: governed/apps/other/operations.json");
      expect(stderr).toContain("govern import <bundle> --app other");
    } finally {
      write("govern.yaml", yaml);
    }
  });
});

describe("govern policy explain", () => {
  it("tells the decision and each rule's part", async () => {
    const given = ["--group", "support", "--arguments", body(250)];
    const { code, stdout } = await govern("policy", "explain", `console/${credit.id}`, ...given);
    expect(code).toBe(0);
    expect(stdout).toContain(
      "held for 1 of leads · permissions[1] allows it; approvals[0] holds it",
    );
    expect(stdout).toMatch(/permissions\[0\] +allow +not for this operation/);
    expect(stdout).toMatch(/permissions\[1\] +allow +decides/);
    expect(stdout).toMatch(/approvals\[0\] +hold +decides/);
  });

  it("exits 1 for a call that is denied, and says by what", async () => {
    const given = ["--subject", "kim", "--arguments", body(501), "--json"];
    const { code, stdout } = await govern("policy", "explain", `console/${credit.id}`, ...given);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      groups: ["support"],
      authorize: { decision: "deny", rule: "permissions[1]" },
      permissions: [
        { part: "other-operations" },
        { part: "decides" },
        { part: "other-operations" },
      ],
    });
  });

  it.each([
    [["console/get-nothing-000000"], "is not a registered operation"],
    [[`console/${credit.id}`, "--group", "nobody"], "there is no group nobody"],
    [[`console/${credit.id}`, "--arguments", "{"], "cannot be read as JSON"],
    [[`console/${credit.id}`, "--arguments", "[]"], "is no JSON object"],
    [[`console/${credit.id}`, "--arguments", '{"body":{"amout":1}}'], "did you mean `amount`?"],
    [[`console/${credit.id}`, "--arguments", '{"body":{"amount":"1"}}'], "is no number"],
    [[`console/${credit.id}`, "--time", "soon"], "is no time"],
    [[`console/${credit.id}`, "--claim", "groups"], "is no claim"],
  ])("does not judge %j: exit 2", async (args, message) => {
    const { code, stderr } = await govern("policy", "explain", ...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

describe("govern policy test", () => {
  it("exits 0 where every case comes out as expected", async () => {
    const { code, stdout } = await govern("policy", "test", "cases.yaml");
    expect(stdout).toContain("✓ support credits small amounts, and somebody approves");
    expect(stdout).toContain("3 cases, all as expected");
    expect(code).toBe(0);
  });

  it("exits 1 where one does not, and says where and why", async () => {
    write("wrong.yaml", cases.replace("amount: 501", "amount: 5").replace("[leads]", "[support]"));
    const { code, stdout } = await govern("policy", "test", "wrong.yaml");
    expect(code).toBe(1);
    expect(stdout).toContain(
      "✗ wrong.yaml:3:5 support credits small amounts, and somebody approves: expected held by approvals[0] for support, got held by approvals[0] for leads",
    );
    expect(stdout).toContain("expected deny by permissions[1], got held by approvals[0]");
    expect(stdout).toContain("2 of 3 cases failed");
  });

  it.each([
    ["version: 1\ncases:\n  - { name: a }\n", "wrong.yaml:3:"],
    ["version: 1\ncases: []\n", "wrong.yaml:2:8"],
    ["version: 1\ncase: []\n", "unknown key `case`, did you mean `cases`?"],
    ["{", "wrong.yaml:1:"],
  ])("cannot run on %j: exit 2 with the place", async (text, message) => {
    write("wrong.yaml", text);
    const { code, stderr } = await govern("policy", "test", "wrong.yaml");
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("fails a case of what does not exist, instead of passing it", async () => {
    write("wrong.yaml", cases.replaceAll("[dev]", "[devs]").replace("amount: 500", "amout: 500"));
    const { code, stdout } = await govern("policy", "test", "wrong.yaml", "--json");
    const results = JSON.parse(stdout) as { cases: { passed: boolean; reason: string }[] };
    expect(results.cases.map(({ passed }) => passed)).toEqual([false, true, false]);
    expect(results.cases[2]?.reason).toBe("there is no group devs");
    expect(code).toBe(1);
  });
});

describe("govern policy diff", () => {
  it("tells who gains and who loses what since a revision", async () => {
    write(
      "govern.yaml",
      yaml
        .replace("amount <= 500", "amount <= 900")
        .replace("[dev, support], allow", "[dev], allow")
        .replace("[leads]] } } }", "[leads], kim: [dev] } } }")
        .replace(
          "approvals:\n",
          `  - { groups: [dev], allow: [console/${credit.id}] }\napprovals:\n  - { match: { operation: console/${credit.id} }, require: none, reason: tried }\n`,
        ),
    );
    try {
      const { code, stdout } = await govern("policy", "diff", "HEAD", "--json");
      const { changes } = JSON.parse(stdout) as { changes: Record<string, string>[] };
      expect(changes).toEqual([
        {
          kind: "gains",
          group: "dev",
          operation: `console/${credit.id}`,
          access: "write",
          before: "not allowed",
          after: "allowed; at once",
        },
        {
          kind: "loses",
          group: "support",
          operation: `console/${search.id}`,
          access: "read",
          before: "allowed; at once",
          after: "not allowed",
        },
        {
          kind: "changes",
          group: "support",
          operation: `console/${credit.id}`,
          access: "write",
          before: "allowed when arguments.body.amount <= 500; held for leads (1) up to 24h",
          after: "allowed when arguments.body.amount <= 900; at once",
        },
      ]);
      expect(code).toBe(1);
      const text = (await govern("policy", "diff", "HEAD")).stdout;
      expect(text).toContain(`+ console/${credit.id} (write): not allowed → allowed; at once`);
      expect(text).toContain("1 gained, 1 lost, 1 otherwise");
    } finally {
      write("govern.yaml", yaml);
    }
  });

  it.each([
    [
      "members who leave a group that denies",
      "sam: [dev], ana",
      "sam: [], kim: [dev], ana",
      "who leaves is free of permissions[2]",
    ],
    [
      "denials that are lifted",
      "  - { groups: [dev], deny: [console/table:accounts] }\n",
      "",
      `+ console/${updateAccounts.id} (write): denied → not allowed; what another group allows is no longer denied`,
    ],
    ["looser approvals", "expiresIn: 24h", "expiresIn: 7d", "held for leads (1) up to 24h → "],
    [
      "who may release alone",
      "approvals:\n",
      "breakGlass:\n  - { people: [ana], release: [console/write], window: 15m, reviewers: [leads] }\napprovals:\n",
      "does not release alone → releases alone within 15m, reviewed by leads",
    ],
    [
      "calls that lead elsewhere",
      "https://billing.example",
      "https://elsewhere.example",
      `where calls lead ~ console/${search.id}: billing → billing, defined otherwise`,
    ],
  ])("exits 1 for %s", async (_, from, to, told) => {
    write("govern.yaml", yaml.replace(from, to));
    try {
      const { code, stdout } = await govern("policy", "diff", "HEAD");
      expect(stdout.replaceAll(/\s+/gu, " ")).toContain(told);
      expect(code).toBe(1);
    } finally {
      write("govern.yaml", yaml);
    }
  });

  it("exits 0 where a denial is added to a group that is allowed nothing", async () => {
    const rule = "  - { groups: [heads], deny: [console/write] }\n";
    write("govern.yaml", yaml.replace("approvals:\n", `${rule}approvals:\n`));
    try {
      const { code, stdout } = await govern("policy", "diff", "HEAD");
      expect(stdout).toContain(`- console/${credit.id} (write): not allowed → denied`);
      expect(code).toBe(0);
    } finally {
      write("govern.yaml", yaml);
    }
  });

  it("tells that nothing changes: exit 0", async () => {
    const { code, stdout } = await govern("policy", "diff", "HEAD", ".");
    expect(stdout.trim()).toBe("nothing changes");
    expect(code).toBe(0);
  });

  it.each(["nowhere", "--output=x", "HEAD~9"])("does not know %j: exit 2", async (revision) => {
    const { code, stderr } = await govern("policy", "diff", "--", revision);
    expect(stderr).toContain("error[ref-unreadable]");
    expect(code).toBe(2);
  });
});
