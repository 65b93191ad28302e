import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderDiffMarkdown } from "../../src/ci/formats/diff-markdown.ts";
import { comparePrivileges } from "../../src/ci/privileges/compare.ts";
import type { Change, PrivilegeDiff } from "../../src/ci/privileges/change.ts";
import { readSide } from "../../src/ci/privileges/read-side.ts";
import { renderDiff } from "../../src/cli/diff-view.ts";
import type {
  GraphqlOperation,
  HttpOperation,
  Operation,
  SqlOperation,
} from "../../src/contract/operation.ts";
import { pipeLook } from "../cli/looks.ts";

const credit: HttpOperation = {
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
const close: SqlOperation = {
  id: "update-accounts-81be07",
  kind: "sql",
  access: "write",
  why: "UpdateStmt",
  dialect: "postgres",
  statement: "UPDATE accounts SET status = $1 WHERE id = $2",
  tables: ["accounts"],
  parameters: ["status", "id"],
  client: "neon",
};

const search: GraphqlOperation = {
  id: "query-search-0a1b2c",
  kind: "graphql",
  access: "read",
  why: "query",
  origin: "https://api.acme.example",
  path: "/graphql",
  document: "query Search($term: String) { accounts(term: $term) { id } }",
  operationName: "Search",
  variables: { term: "String" },
  headers: [],
};
const batch = {
  id: "batch-neon-0d1e2f",
  kind: "sql-batch",
  access: "write",
  why: "a batch",
  dialect: "postgres",
  client: "neon",
  statements: [close.id, "insert-audit-445566"],
} satisfies Operation;

const compare = (old: readonly Operation[], now: readonly Operation[]): Promise<PrivilegeDiff> =>
  comparePrivileges(
    { name: "old", app: "console", operations: old },
    { name: "new", app: "console", operations: now },
  );

const contract = (operations: readonly Operation[], version = 1): string =>
  JSON.stringify({ version, app: "console", operations });

const told = ({ changes }: PrivilegeDiff): string[] =>
  changes.map(({ kind, widens, deltas }: Change) =>
    [widens ? "wider" : "narrower", kind, ...deltas.map(({ sign, what }) => sign + what)].join(" "),
  );

describe("comparePrivileges", () => {
  it("finds nothing between equals, in whatever order and words", async () => {
    const diff = await compare([credit, close], [{ ...close, why: "UPDATE" }, credit]);
    expect(diff).toMatchObject({ changes: [], reach: [], widened: false });
  });

  it("tells new operations as wider, and lost ones as narrower", async () => {
    const list = { ...credit, id: "get-credits-000001", method: "GET", access: "read" as const };
    expect(told(await compare([credit], [credit, list]))).toEqual(["wider new-operation"]);
    const lost = await compare([credit, list], [list]);
    expect(told(lost)).toEqual(["narrower lost-operation"]);
    expect(lost.widened).toBe(false);
  });

  it("tells a read that became a write, and a write that is no longer held", async () => {
    const read = { ...credit, access: "read" as const };
    expect(told(await compare([read], [credit]))).toEqual(["wider read-became-write"]);
    expect(told(await compare([credit], [read]))).toEqual(["wider write-became-read"]);
  });

  it.each<[string, Partial<HttpOperation>, string]>([
    [
      "a body field",
      { body: { type: "json", fields: { amount: "number", to: "string" }, open: false } },
      "+body field to: string",
    ],
    [
      "any body field",
      { body: { type: "json", fields: { amount: "number" }, open: true } },
      "+any other body field",
    ],
    [
      "any type",
      { body: { type: "json", fields: { amount: "any" }, open: false } },
      "+body field amount",
    ],
    ["another type of body", { body: { type: "binary" } }, "+any binary body"],
    [
      "a query field",
      { query: { fields: { force: "boolean" }, open: false } },
      "+query field force: boolean",
    ],
    ["a header", { headers: ["x-act-as"] }, "+header x-act-as"],
    ["slashes in a hole", { encodedSlash: ["path"] }, "+slashes in {path}"],
  ])("tells that an operation takes %s", async (_what, change, delta) => {
    const diff = await compare([credit], [{ ...credit, ...change }]);
    expect(told(diff)[0]).toContain("wider changed-operation");
    expect(told(diff)[0]).toContain(delta);
    const back = await compare([{ ...credit, ...change }], [credit]);
    expect(told(back)[0]).toContain(delta.replace("+", "-"));
  });

  it("tells that an operation takes less as narrower", async () => {
    const more = { ...credit, headers: ["x-act-as"] };
    expect(told(await compare([more], [credit]))).toEqual([
      "narrower changed-operation -header x-act-as",
    ]);
  });

  it("tells columns and parameters that a statement came to write", async () => {
    const wider: SqlOperation = {
      ...close,
      id: "update-accounts-000002",
      statement: "UPDATE accounts SET status = $1, credit_limit = $2 WHERE id = $3",
      parameters: ["status", "creditLimit", "id"],
    };
    const diff = await compare([close], [wider]);
    expect(told(diff)).toEqual([
      "wider changed-operation +column accounts.credit_limit +parameter creditLimit",
    ]);
    expect(diff.reach).toEqual([{ sign: "+", what: "writes column accounts.credit_limit" }]);
  });

  it("takes a statement that lost its condition for wider, though it has fewer parameters", async () => {
    const all: SqlOperation = {
      ...close,
      id: "update-accounts-000003",
      statement: "UPDATE accounts SET status = $1",
      parameters: ["status"],
    };
    expect(told(await compare([close], [all]))).toEqual([
      "wider changed-operation -column accounts.id -parameter id",
    ]);
  });

  it.each<[string, Operation, Operation]>([
    [
      "loses its condition",
      close,
      { ...close, statement: "UPDATE accounts SET status = $1", parameters: ["status"] },
    ],
    [
      "is another statement",
      close,
      { ...close, statement: "UPDATE accounts SET status = $1 WHERE id > $2" },
    ],
    ["no longer tells a table", close, { ...close, tables: [] }],
    ["calls its parameters otherwise", close, { ...close, parameters: ["id", "status"] }],
    ["is of another dialect", close, { ...close, dialect: "mysql" }],
    ["is bound by its place", close, { ...close, interpolated: true }],
    ["goes to another client", close, { ...close, client: "pg" }],
    ["is of another kind", close, { ...credit, id: close.id }],
    ["has another method", credit, { ...credit, method: "DELETE" }],
    ["has another path", credit, { ...credit, path: "/api/{any*}" }],
    ["has another origin", credit, { ...credit, origin: "https://evil.example" }],
    ["has another document", search, { ...search, document: "query Search { secrets }" }],
    ["has another document's name", search, { ...search, operationName: "Other" }],
    [
      "takes another variable",
      search,
      { ...search, variables: { term: "String", all: "Boolean" } },
    ],
    ["takes another header", search, { ...search, headers: ["x-act-as"] }],
    ["may be asked for by GET", search, { ...search, get: true }],
    ["has other statements", batch, { ...batch, statements: [close.id] }],
    [
      "has its statements in another order",
      batch,
      { ...batch, statements: batch.statements.toReversed() },
    ],
  ])("takes an operation that keeps its id and %s for wider", async (_what, old, now) => {
    expect(now.id).toBe(old.id);
    const diff = await compare([old], [now]);
    expect(told(diff)[0]).toMatch(/^wider changed-operation/);
    expect(diff.widened).toBe(true);
    expect(told(await compare([old], [old]))).toEqual([]);
  });

  it("takes an operation that hides behind another one of its id for wider", async () => {
    const hidden = { ...close, statement: "UPDATE accounts SET status = $1" };
    for (const now of [
      [hidden, close],
      [close, hidden],
    ]) {
      expect(told(await compare([close], now))[0]).toMatch(/^wider changed-operation/);
    }
  });

  it("tells tables and origins that the app came to reach", async () => {
    const elsewhere = { ...credit, id: "post-credits-000004", origin: "https://evil.example" };
    const grab: SqlOperation = {
      ...close,
      id: "select-secrets-000005",
      access: "read",
      why: "SelectStmt",
      statement: "SELECT token FROM secrets",
      tables: ["secrets"],
      parameters: [],
    };
    const diff = await compare([credit, close], [elsewhere, close, grab]);
    expect(told(diff)).toEqual([
      "wider changed-operation +origin https://evil.example -origin https://api.acme.example",
      "wider new-operation",
    ]);
    expect(diff.reach).toEqual(
      expect.arrayContaining([
        { sign: "+", what: "writes origin https://evil.example" },
        { sign: "+", what: "reads table secrets" },
        { sign: "+", what: "reads column secrets.token" },
        { sign: "-", what: "writes origin https://api.acme.example" },
      ]),
    );
  });

  it("does not depend on the order of operations", async () => {
    const others = [1, 2, 3].map((n) => ({
      ...close,
      id: `update-accounts-00000${n}`,
      statement: `UPDATE accounts SET c${n} = $1`,
    }));
    const forth = await compare([close, credit], others);
    const back = await compare([credit, close], others.toReversed());
    expect(forth).toEqual(back);
  });
});

describe("how a comparison reads", () => {
  it("in a terminal and in a pull request: what widens first, with the verdict", async () => {
    const hostile = {
      ...close,
      statement: "UPDATE a SET b = '|`<x>\u001B[31m' -- `",
      id: "update-a-000009",
      tables: ["a"],
    };
    const diff = await compare([credit, close], [hostile, close]);
    const human = renderDiff(diff, pipeLook);
    expect(human).toMatch(/\+ wider update-a-000009[^]*- narrower post-credits-3f9a2c/);
    expect(human).toContain("1 change widens what the app may do.");
    expect(human).not.toContain("\u001B");
    const rows = renderDiffMarkdown(diff)
      .split("\n")
      .filter((line) => line.startsWith("| ⚠️"));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.match(/(?<!\\)\|/g)).toHaveLength(5);
  });
});

describe("readSide", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "govern-side-")));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = (path: string, text: string): void => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };

  it("reads an operations file, a governed app with its rules, and a bundle", async () => {
    file("old.json", contract([credit]));
    file("governed/apps/console/operations.json", contract([credit]));
    file(
      "govern.yaml",
      `version: 1\nreclassify: [{ operation: console/${credit.id}, access: read, reason: a search }]\n`,
    );
    file("dist/app.js", `fetch("/api/credits", { method: "POST" });`);
    expect((await readSide("old.json", folder)).operations).toEqual([credit]);
    const governed = await readSide("governed/apps/console", folder);
    expect(governed.operations[0]?.access).toBe("read");
    const bundle = await readSide("dist", folder);
    expect(bundle.operations.map(({ access }) => access)).toEqual(["write"]);
  });

  it.each([
    ["malformed", "{ not", /old\.json is not JSON: .*position 2/],
    [
      "of another version",
      contract([credit], 2),
      /old\.json is of version 2; this govern reads version 1/,
    ],
    [
      "no operations file",
      `{"version":1,"app":"x","operations":[{"id":"?"}]}`,
      /old\.json is not valid: operations\.0/,
    ],
  ])("refuses an operations file that is %s, and says where", async (_what, text, message) => {
    file("old.json", text);
    await expect(readSide("old.json", folder)).rejects.toMatchObject({
      code: "file-invalid",
      message: expect.stringMatching(message) as string,
    });
  });

  it("refuses what is not there", async () => {
    await expect(readSide("nowhere", folder)).rejects.toMatchObject({ code: "bundle-missing" });
    await expect(readSide("nowhere.json", folder)).rejects.toMatchObject({
      code: "bundle-missing",
    });
  });
});
