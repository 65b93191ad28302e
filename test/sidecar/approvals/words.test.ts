import { describe, expect, it } from "vitest";
import type { Site } from "../../../src/contract/build.ts";
import type { HttpOperation, Operation, SqlOperation } from "../../../src/contract/operation.ts";
import { callPlaces, describeCall } from "../../../src/sidecar/approvals/words.ts";

const http = (method: string, path: string): HttpOperation => ({
  id: "x-000000",
  kind: "http",
  access: "write",
  why: "",
  method,
  origin: "https://api.acme.example",
  path,
  query: { fields: {}, open: false },
  headers: [],
  body: { type: "none" },
});
const sql = (statement: string, ...tables: string[]): SqlOperation => ({
  id: "y-000000",
  kind: "sql",
  access: "write",
  why: "",
  dialect: "postgres",
  statement,
  tables,
  parameters: [],
  client: "neon",
});

const site = (id: string, more: Partial<Site>): Site => ({
  id,
  recognizer: "fetch",
  file: "assets/index.js",
  line: 1,
  column: 1,
  status: "resolved",
  operations: ["post-credits"],
  ...more,
});
const at = (file: string, line: number) => ({ source: { file, line, column: 1 } });

describe("a held call in words", () => {
  it.each([
    ["POST", "/api/v2/accounts/{accountId}/credits", "Create credit of account acc-7"],
    ["DELETE", "/accounts/{accountId}", "Delete account acc-7"],
    ["PATCH", "/companies/{accountId}/billingAddress", "Change billing address of company acc-7"],
    ["POST", "/accounts/{accountId}/close", "Close of account acc-7"],
    ["PUT", "/settings", "Replace settings"],
    ["POST", "/", "POST /"],
  ])("%s %s: %s", (method, path, words) => {
    const args = { path: { accountId: "acc-7" }, query: {}, headers: {}, body: null };
    expect(describeCall(http(method, path), [], args)).toBe(words);
  });

  it("names a hole whose value is gone", () => {
    expect(describeCall(http("DELETE", "/accounts/{accountId}"), [], null)).toBe(
      "Delete account {accountId}",
    );
  });

  it("says what statements do to which tables", () => {
    const update = sql("UPDATE accounts SET a = 1", "accounts");
    const insert = sql("insert into log values (1)", "log");
    expect(describeCall(update, [], null)).toBe("Change rows of accounts");
    const { statement: _, tables: __, parameters: ___, ...rest } = update;
    const batch: Operation = { ...rest, kind: "sql-batch", statements: ["a", "b"] };
    expect(describeCall(batch, [update, insert], null)).toBe(
      "Change rows of accounts, then Insert into log",
    );
  });
});

describe("where an app asks for an operation", () => {
  it("is the caller behind a wrapper, by its source where maps told", () => {
    const call = { operation: "post-credits", file: "assets/index.js", line: 4, column: 2 };
    const places = callPlaces([
      site("s1", {
        ...at("src/api.ts", 23),
        calls: [{ ...call, ...at("src/CreditForm.tsx", 41) }],
      }),
      site("s2", { operations: ["get-logs"], line: 9 }),
    ]);
    expect(places.get("post-credits")).toEqual([
      { screen: "Credit form", at: "src/CreditForm.tsx:41" },
    ]);
    expect(places.get("get-logs")).toEqual([{ screen: "Index", at: "assets/index.js:9" }]);
  });
});
