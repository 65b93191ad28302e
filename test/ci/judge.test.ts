import { describe, expect, it } from "vitest";
import type { Finding, InspectReport } from "../../src/contract/build.ts";
import type { Operation } from "../../src/contract/operation.ts";
import type { Suppression, Workspace } from "../../src/contract/workspace.ts";
import { judgeBundle } from "../../src/ci/judge/judge.ts";
import type { Judged } from "../../src/ci/judge/judged.ts";
import { countFindings, exitCodeOf } from "../../src/ci/severity.ts";

const credit: Operation = {
  id: "post-credits-3f9a2c",
  kind: "http",
  access: "write",
  why: "method POST",
  method: "POST",
  origin: "https://api.acme.example",
  path: "/api/credits",
  query: { fields: {}, open: false },
  headers: [],
  body: { type: "json", fields: { amount: "number" }, open: false },
};
const list: Operation = {
  id: "select-accounts-81be07",
  kind: "sql",
  access: "read",
  why: "SelectStmt",
  dialect: "postgres",
  statement: "SELECT id FROM accounts",
  tables: ["accounts"],
  parameters: [],
  client: "neon",
};
const credential: Finding = {
  rule: "hardcoded-credential",
  severity: "error",
  file: "assets/index.js",
  line: 1,
  column: 40,
  message: "An API key.",
};

const report: InspectReport = {
  version: 1,
  app: "console",
  operations: [credit, list],
  bundle: { digest: "0".repeat(64), files: 1, bytes: 10 },
  origins: [
    {
      id: "00000000",
      origin: "https://api.acme.example",
      class: "data",
      why: "carries operations",
    },
  ],
  sites: [
    {
      id: "s1",
      recognizer: "fetch",
      file: "assets/index.js",
      line: 3,
      column: 7,
      source: { file: "src/api.ts", line: 12, column: 2 },
      status: "resolved",
      operations: [credit.id],
    },
  ],
  findings: [credential],
  external: [],
};
const workspace: Workspace = {
  version: 1,
  resources: {
    api: { kind: "http", upstream: "https://billing.acme.example", auth: "service" },
    ledger: { kind: "postgres", url: "${env:LEDGER_URL}" },
  },
  apps: {
    console: { resources: { "https://api.acme.example": "api", sql: "ledger" } },
    other: { resources: {} },
  },
};
const governed: Judged = {
  report,
  bundlePath: "./dist",
  workspace,
  locate: (path) => ({ file: "govern.yaml", line: 40 + (Number(path.at(-1)) || 0), column: 5 }),
  reviewed: [credit, list],
  today: "2026-05-04",
};

const rules = (judged: Judged): string[] =>
  judgeBundle(judged).map((finding) => `${finding.severity} ${finding.rule}`);
const exits = (judged: Judged): number => exitCodeOf(countFindings(judgeBundle(judged)));

describe("judgeBundle without a workspace", () => {
  it("makes every fault an error and every write ungated, at its source place", () => {
    const findings = judgeBundle({ ...governed, workspace: undefined, reviewed: undefined });
    expect(findings.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual([
      "error hardcoded-credential",
      "error ungated-write",
    ]);
    expect(findings[1]).toMatchObject({ operation: credit.id, source: { line: 12 } });
  });

  it("names who asks for a write, not the wrapper that sends it", () => {
    const [site] = report.sites;
    if (site === undefined) throw new TypeError("no site");
    const at = { file: "assets/index.js", line: 9, column: 0 };
    const calls = [
      { operation: credit.id, ...at, source: { file: "src/Form.tsx", line: 41, column: 4 } },
    ];
    const seen = { ...report, sites: [{ ...site, calls }] };
    const findings = judgeBundle({
      ...governed,
      report: seen,
      workspace: undefined,
      reviewed: undefined,
    });
    expect(findings.find(({ rule }) => rule === "ungated-write")).toMatchObject({
      source: { file: "src/Form.tsx", line: 41 },
    });
  });

  it("takes a workspace without this app for none", () => {
    const other = { ...governed, workspace: { version: 1 as const } };
    expect(rules(other)).toEqual(["error hardcoded-credential", "error ungated-write"]);
  });
});

describe("judgeBundle with a workspace", () => {
  it("passes what was reviewed; what import removes is a note", () => {
    expect(rules(governed)).toEqual(["note hardcoded-credential"]);
    expect(exits(governed)).toBe(0);
  });

  it.each([
    ["absent from operations.json", [list]],
    ["there with other fields", [{ ...credit, body: { type: "json" as const, open: true } }, list]],
    ["there as a read", [{ ...credit, access: "read" as const }, list]],
  ])("fails a write that is %s", (_what, reviewed) => {
    expect(rules({ ...governed, reviewed })).toContain("error ungated-write");
    expect(exits({ ...governed, reviewed })).toBe(1);
  });

  it("does not mind another wording of why", () => {
    expect(exits({ ...governed, reviewed: [{ ...credit, why: "POST" }, list] })).toBe(0);
  });

  it("warns of what is in the contract and nothing sends, but for what traffic alone shows", () => {
    const old = { ...credit, id: "post-x-000000", path: "/x" };
    expect(rules({ ...governed, reviewed: [credit, list, old] })).toEqual([
      "warning stale-operation",
      "note hardcoded-credential",
    ]);
    const observed = { ...old, observed: true as const };
    expect(rules({ ...governed, reviewed: [credit, list, observed] })).toHaveLength(1);
  });

  it("warns of a GET that changes data, unless a person says that it reads", () => {
    const get = { ...credit, method: "GET", why: "method GET, but the path says delete" };
    const judged = {
      ...governed,
      report: { ...report, operations: [get, list] },
      reviewed: [get, list],
    };
    expect(rules(judged)).toEqual(["warning mutating-get", "note hardcoded-credential"]);
    expect(rules({ ...judged, workspace: undefined })).toContain("error mutating-get");
    const reclassify = [
      { operation: `console/${get.id}`, access: "read" as const, reason: "a preview" },
    ];
    expect(rules({ ...judged, workspace: { ...workspace, reclassify } })).toHaveLength(1);
  });

  it("does not mind a new read", () => {
    expect(exits({ ...governed, reviewed: [credit] })).toBe(0);
  });

  it("fails without operations.json", () => {
    expect(rules({ ...governed, reviewed: undefined })).toContain("error ungated-write");
  });

  it("fails an open site and an ambiguous operation", () => {
    for (const rule of ["unresolved-call", "ambiguous-operation", "unreadable-file"] as const) {
      const findings: Finding[] = [{ ...credential, rule, severity: "warning" }];
      expect(rules({ ...governed, report: { ...report, findings } })).toEqual([`error ${rule}`]);
    }
  });

  it("fails an unmapped origin and an unmapped SQL client, once each", () => {
    const apps = { console: { resources: {} } };
    const twice = { ...report, operations: [credit, { ...credit, id: "post-x-000000" }, list] };
    const judged = { ...governed, report: twice, workspace: { ...workspace, apps } };
    const unmapped = judgeBundle(judged).filter(({ rule }) => rule === "unmapped-origin");
    expect(unmapped.map(({ message }) => /mapped to (\S+)/.exec(message)?.[1])).toEqual([
      "https://api.acme.example",
      "sql:neon",
    ]);
  });

  it("lets telemetry be unmapped", () => {
    const origins = [
      { ...(report.origins[0] as (typeof report.origins)[0]), class: "telemetry" as const },
    ];
    const apps = { console: { resources: { sql: "ledger" } } };
    const judged = {
      ...governed,
      report: { ...report, origins },
      workspace: { ...workspace, apps },
    };
    expect(rules(judged)).toEqual(["note hardcoded-credential"]);
  });
});

const exempt = (
  match: Record<string, string>,
  rest: { reason?: string; until?: string },
): Judged => ({
  ...governed,
  workspace: {
    ...workspace,
    approvals: [{ match, require: "none", reason: "a search", ...rest }],
  },
});

describe("judgeBundle and exemptions", () => {
  it("accepts one with a reason that is not over", () => {
    expect(exits(exempt({ operation: `console/${credit.id}` }, { until: "2026-05-04" }))).toBe(0);
  });

  it("fails the writes that one without a reason exempts", () => {
    expect(rules(exempt({ access: "write" }, { reason: " " }))).toContain("error ungated-write");
  });

  it.each([[{ operation: `console/${credit.id}` }], [{ app: "console" }]])(
    "fails one of %j that is over, where it stands",
    (match) => {
      const findings = judgeBundle(exempt(match, { until: "2026-05-03" }));
      const place = { file: "govern.yaml", home: "govern.yaml", line: 40, column: 4 };
      expect(findings[0]).toMatchObject({ rule: "expired-exemption", severity: "error", ...place });
      expect(findings.filter(({ severity }) => severity === "error")).toHaveLength(1);
    },
  );

  it.each(["acc*", "accounts"])(
    "fails one of the table %j that is over, as the gate matches it",
    (table) => {
      const update = { ...list, id: "update-accounts-81be08", access: "write" as const };
      const judged = exempt({ table }, { until: "2026-05-03" });
      const operations = [credit, list, update];
      const findings = judgeBundle({
        ...judged,
        report: { ...report, operations },
        reviewed: operations,
      });
      expect(findings.filter(({ rule }) => rule === "expired-exemption")).toMatchObject([
        { message: expect.stringContaining(update.id) as string },
      ]);
    },
  );

  it.each([[{ app: "other" }], [{ table: "accounts" }], [{ access: "read" }]])(
    "leaves writes alone that %j does not name",
    (match) => {
      expect(exits(exempt(match, { until: "2026-05-03" }))).toBe(0);
    },
  );
});

function suppressing(one: Partial<Suppression>, finding: Finding): Judged {
  const entry: Suppression = {
    rule: "unresolved-call",
    reason: "a local tool",
    until: "2026-05-04",
    ...one,
  };
  return {
    ...governed,
    report: { ...report, findings: [finding] },
    workspace: { ...workspace, suppress: [entry] },
  };
}

describe("judgeBundle and suppressions", () => {
  const open: Finding = { ...credential, rule: "unresolved-call", message: "Computed." };
  const sourced = { ...open, source: { file: "src/socket.ts", line: 4, column: 0 } };
  it("keeps what is accepted, with the reason", () => {
    for (const finding of [open, sourced]) {
      const file = finding.source?.file ?? finding.file;
      const findings = judgeBundle(suppressing({ file }, finding));
      expect(findings).toMatchObject([{ rule: "unresolved-call", suppressed: "a local tool" }]);
    }
  });

  it("accepts a finding by its operation", () => {
    const about = { ...open, operation: credit.id };
    const judged = suppressing({ operation: `console/${credit.id}` }, about);
    expect(judgeBundle(judged)[0]).toHaveProperty("suppressed");
    const other = suppressing({ operation: `other/${credit.id}` }, about);
    expect(judgeBundle(other)[0]).not.toHaveProperty("suppressed");
  });

  it("accepts nothing of another rule or file", () => {
    expect(judgeBundle(suppressing({ file: "src/other.ts" }, sourced))[0]).not.toHaveProperty(
      "suppressed",
    );
    const other = suppressing({ rule: "bypass", file: open.file }, open);
    expect(judgeBundle(other)[0]).not.toHaveProperty("suppressed");
  });

  it("ends on its day: the finding counts again, and the entry is one too", () => {
    const judged = suppressing({ file: open.file, until: "2026-05-03" }, open);
    const findings = judgeBundle(judged);
    expect(findings.map(({ rule }) => rule).toSorted()).toEqual([
      "expired-exemption",
      "unresolved-call",
    ]);
    for (const finding of findings) expect(finding).not.toHaveProperty("suppressed");
  });
});

describe("judgeBundle and the rules of the workspace", () => {
  const groups = { support: { claims: { groups: "support" } } };
  const judge = (part: Partial<Workspace>): string[] =>
    judgeBundle({ ...governed, workspace: { ...workspace, groups, ...part } })
      .filter(({ home }) => home === "govern.yaml")
      .map(({ severity, rule, line }) => `${severity} ${rule} ${line}`);

  it("fails one that names what this bundle does not send", () => {
    const permissions = [{ groups: ["support"], allow: [`console/${credit.id}`] }];
    expect(judge({ permissions })).not.toContain("error invalid-rule 40");
    const gone = [{ groups: ["support"], allow: ["console/post-gone-000000"] }];
    expect(judge({ permissions: gone }).join()).toMatch(/error invalid-rule/);
  });

  it("warns of writes that nobody can release, and of groups that nobody can be in", () => {
    const permissions = [{ groups: ["support"], allow: ["console/write"] }];
    expect(judge({ permissions }).join()).toMatch(/warning unreleasable-write/);
    expect(judge({ groups: { ...groups, nobody: {} } }).join()).toMatch(/warning empty-group/);
  });

  it("knows the operations of the workspace's other apps", () => {
    const permissions = [{ groups: ["support"], allow: [`desk/${credit.id}`] }];
    const apps = { ...workspace.apps, desk: { resources: {} } };
    const judged = { ...governed, workspace: { ...workspace, groups, permissions, apps } };
    expect(rules(judged)).toContain("error invalid-rule");
    const others = new Map([["desk", [credit]]]);
    expect(rules({ ...judged, others })).not.toContain("error invalid-rule");
  });
});

describe("the order of findings", () => {
  it("does not depend on the order of discovery", () => {
    const more = { ...credential, line: 9, message: "Another." };
    const forth = { ...governed, report: { ...report, findings: [credential, more] } };
    const back = { ...governed, report: { ...report, findings: [more, credential] } };
    expect(judgeBundle(forth)).toEqual(judgeBundle(back));
  });
});
