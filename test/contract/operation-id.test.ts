/** Ids say what an operation is: the same call has one id, whatever the minifier named things. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  operationId,
  originId,
  pathShape,
  statementDigest,
  type UnnamedOperation,
} from "../../src/contract/operation-id.ts";
import { operationIdSchema } from "../../src/contract/operation.ts";

const credit: UnnamedOperation = {
  kind: "http",
  access: "write",
  why: "method POST",
  method: "POST",
  origin: "https://api.acme.example",
  path: "/api/accounts/{accountId}/credits",
  query: { fields: {}, open: false },
  headers: [],
  body: { type: "json", fields: { amount: "number" }, open: true },
};

const close: UnnamedOperation = {
  kind: "sql",
  access: "write",
  why: "UpdateStmt",
  dialect: "postgres",
  statement: "UPDATE accounts SET status = 'closed' WHERE id = $1",
  tables: ["accounts"],
  parameters: ["id"],
  client: "neon",
};

describe("operation ids", () => {
  it("read as method and literal segments, without api and version", () => {
    expect(operationId(credit)).toMatch(/^post-accounts-credits-[0-9a-f]{6}$/);
    expect(operationId({ ...credit, path: "/api/v2/accounts/{a}" })).toMatch(
      /^post-accounts-[0-9a-f]{6}$/,
    );
  });

  it("do not depend on the names of holes, on access, or on the shape of a body", () => {
    const renamed = {
      ...credit,
      path: "/api/accounts/{x}/credits",
      why: "else",
      body: { type: "json" as const },
    };
    expect(operationId(renamed)).toBe(operationId(credit));
  });

  it("tell a hole of one segment from one of many, and literal fields apart", () => {
    const many = { ...credit, path: "/api/accounts/{rest*}/credits" };
    const action = (literal: string): UnnamedOperation => ({
      ...credit,
      body: { type: "json", fields: { action: { literal } }, open: false },
    });
    const ids = [credit, many, action("refund"), action("void")].map((operation) =>
      operationId(operation),
    );
    expect(new Set(ids).size).toBe(4);
  });

  it("read as verb and tables for a statement, and ignore its white space", () => {
    expect(operationId(close)).toMatch(/^update-accounts-[0-9a-f]{6}$/);
    const spaced = { ...close, statement: close.statement.replace(" SET ", "\n   SET\t") };
    expect(operationId(spaced)).toBe(operationId(close));
  });

  it("always fit the schema", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("GET", "DELETE"), (path, method) => {
        operationIdSchema.parse(operationId({ ...credit, method, path: `/${path}` }));
      }),
    );
  });

  it("of origins are eight hex digits of their text's digest", () => {
    expect(originId("https://api.acme.example")).toMatch(/^[0-9a-f]{8}$/);
    expect(pathShape("/a/{id}/x-{name}/{rest*}")).toBe("/a/{}/x-{}/{*}");
  });

  it("of statements are equal for texts that differ in white space alone", () => {
    expect(statementDigest("SELECT  1\n")).toBe(statementDigest("SELECT 1"));
  });
});
