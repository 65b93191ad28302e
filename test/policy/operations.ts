/** Operations of every kind that rules are tested with. */
import { operationSchema, type Operation } from "../../src/contract/operation.ts";
import { workspaceSchema, type Workspace } from "../../src/contract/workspace.ts";

export const credit: Operation = operationSchema.parse({
  id: "post-accounts-credits-3f9a2c",
  kind: "http",
  access: "write",
  why: "method POST",
  method: "POST",
  origin: "https://api.acme.example",
  path: "/api/accounts/{accountId}/credits",
  query: { fields: { dryRun: "boolean" }, open: false },
  headers: ["if-match"],
  body: {
    type: "json",
    fields: {
      amount: "number",
      reason: "string",
      tags: { list: "string" },
      kind: { literal: "a" },
    },
    open: false,
  },
});

export const search: Operation = operationSchema.parse({
  ...credit,
  id: "get-accounts-77aa01",
  access: "read",
  method: "GET",
  path: "/api/accounts",
  query: { fields: { q: "string" }, open: true },
  body: { type: "none" },
});

export const sql = (id: string, access: "read" | "write", tables: string[]): Operation =>
  operationSchema.parse({
    id,
    kind: "sql",
    access,
    why: "statement",
    dialect: "postgres",
    statement: `-- ${id}`,
    tables,
    parameters: ["balance", "id"],
    client: "neon",
  });

export const readAccounts = sql("select-accounts-0a0a01", "read", ["accounts"]);
export const readPay = sql("select-accounts-pay-0a0a02", "read", ["accounts", "hr.Salaries"]);
export const callProcedure = sql("call-0a0a03", "write", []);
export const updateAccounts = sql("update-accounts-0a0a04", "write", ["accounts"]);

export const moveBalance = operationSchema.parse({
  id: "batch-neon-0a0a05",
  kind: "sql-batch",
  access: "write",
  why: "UpdateStmt",
  dialect: "postgres",
  client: "neon",
  statements: [updateAccounts.id, updateAccounts.id],
});

export const issueRefund = operationSchema.parse({
  id: "mutation-issue-refund-0a0a06",
  kind: "graphql",
  access: "write",
  why: "mutation",
  origin: "https://api.acme.example",
  path: "/graphql",
  headers: [],
  document:
    "mutation IssueRefund($amount: Int!, $input: Refund) { refund(amount: $amount, input: $input) }",
  operationName: "IssueRefund",
  variables: { amount: "Int!", input: "Refund" },
});

export const all = [credit, search, readAccounts, readPay, callProcedure, updateAccounts];

/** A workspace with the app `console`, mapped to `billing` and `ledger`, and the rules given. */
export function workspaceOf(rules: Partial<Workspace>): Workspace {
  return workspaceSchema.parse({
    version: 1,
    identity: { dev: { users: { sam: ["dev"], ana: ["leads"] } } },
    resources: {
      ledger: { kind: "postgres", url: "x" },
      billing: { kind: "http", upstream: "x", auth: "service" },
    },
    apps: { console: { resources: { sql: "ledger", "https://api.acme.example": "billing" } } },
    ...rules,
  });
}

export const apps = new Map([["console", all]]);
