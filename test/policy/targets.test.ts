import { describe, expect, it } from "vitest";
import type { Operation } from "../../src/contract/operation.ts";
import { permissionSchema } from "../../src/contract/workspace.ts";
import { compileGlob } from "../../src/policy/glob.ts";
import { compilePolicy } from "../../src/policy/policy.ts";
import {
  all,
  apps,
  callProcedure,
  credit,
  readAccounts,
  readPay,
  search,
  updateAccounts,
  workspaceOf,
} from "./operations.ts";

function allowed(permissions: Parameters<typeof workspaceOf>[0]["permissions"]): Operation[] {
  const policy = compilePolicy(workspaceOf({ permissions }), apps);
  return all.filter((operation) => {
    const identity = { subject: "sam", issuer: "dev", groups: ["dev"] };
    const args = { path: {}, query: {}, headers: {}, body: null };
    const call = { app: "console", operation, arguments: args, identity, time: new Date(0) };
    return policy.authorize(call).decision === "allow";
  });
}

const names = (list: Operation[]) => list.map(({ id }) => id).toSorted();

describe("a target", () => {
  it.each<[string, Operation[]]>([
    ["console/*", all],
    ["*/read", [search, readAccounts, readPay]],
    ["cons*/write", [credit, callProcedure, updateAccounts]],
    [`console/${credit.id}`, [credit]],
    ["console/post-*", [credit]],
    ["console/*-accounts-*", all.filter(({ id }) => id.includes("-accounts-"))],
    ["console/kind:sql", [readAccounts, readPay, callProcedure, updateAccounts]],
    ["console/kind:http,sql", all],
    ["console/resource:billing", [credit, search]],
    ["console/resource:led*", [readAccounts, readPay, callProcedure, updateAccounts]],
    ["console/table:accounts", [readAccounts, updateAccounts]],
    ["console/table:accounts,hr.Salaries", [readAccounts, readPay, updateAccounts]],
    ["console/table:accounts+read", [readAccounts]],
    ["console/select-*+kind:sql+table:*", [readAccounts, readPay]],
    ["other*/*", []],
  ])("%s allows", (target, operations) => {
    expect(names(allowed([{ groups: ["dev"], allow: [target] }]))).toEqual(names(operations));
  });

  it.each<[string, Operation[]]>([
    ["console/table:accounts", [readAccounts, readPay, updateAccounts, callProcedure]],
    ["console/table:salaries", [readPay, callProcedure]],
    ["console/table:HR.salaries", [readPay, callProcedure]],
    ["console/table:payroll.accounts", [readAccounts, readPay, updateAccounts, callProcedure]],
    ["console/table:sal*", [readPay, callProcedure]],
    ["console/table:other", [callProcedure]],
    ["console/table:other+read", []],
  ])("%s denies whatever may touch it", (target, operations) => {
    const left = allowed([
      { groups: ["dev"], allow: ["console/*"] },
      { groups: ["dev"], deny: [target] },
    ]);
    expect(all.filter((one) => !left.includes(one)).map(({ id }) => id)).toEqual(
      all.filter((one) => operations.includes(one)).map(({ id }) => id),
    );
  });

  it.each([
    "console",
    "console/",
    "/read",
    "console/a b",
    "console/kind:",
    "Console/read",
    "a/b/c",
    "a/table:x+",
    "a/color:red",
  ])("%j is no target", (target) => {
    expect(permissionSchema.safeParse({ groups: ["g"], allow: [target] }).success).toBe(false);
  });
});

describe("a glob", () => {
  it.each([
    ["*", "", true],
    ["a*", "a", true],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["*b*b*", "ab", false],
    ["get-*-01", "get-x-01", true],
    ["get-*-01", "get-01", false],
    ["a.c", "abc", false],
  ])("%s and %s: %s", (pattern, text, expected) => {
    expect(compileGlob(pattern)(text)).toBe(expected);
  });

  it("takes no longer for a text that is made to be slow", () => {
    const slow = compileGlob(`${"a*".repeat(5000)}b`);
    expect(slow("a".repeat(100_000))).toBe(false);
  });
});
