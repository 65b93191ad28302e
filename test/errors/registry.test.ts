/** The registry of codes and its page say the same. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { errorCodes, type ErrorFacts } from "../../src/errors/codes.ts";
import { GovernError, isGovernError } from "../../src/errors/govern-error.ts";

const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
const documented = [
  ...page.matchAll(/^### `([a-z-]+)`\n+_(.+?)_ · HTTP (\d{3}) · exit (\d)$/gm),
].map(([, code, title, status, exit]) => ({
  code,
  title,
  status: Number(status),
  exit: Number(exit),
}));
const registered = Object.entries(errorCodes).map(([code, facts]: [string, ErrorFacts]) => ({
  code,
  title: facts.title,
  status: facts.status,
  exit: facts.exit ?? 2,
}));

interface Coded {
  readonly code?: string | undefined;
}

const byCode = (a: Coded, b: Coded): number => (a.code ?? "").localeCompare(b.code ?? "");

describe("error codes", () => {
  it("are each documented with their title, status and exit code, and no other is", () => {
    expect(documented.toSorted(byCode)).toEqual(registered.toSorted(byCode));
  });

  it("carry their facts on the error", () => {
    const error = new GovernError("own-request", "sam asked for it", { next: "Ask ana." });
    expect(error).toMatchObject({
      code: "own-request",
      next: "Ask ana.",
      exitCode: 1,
      facts: { status: 403 },
    });
  });

  it("are recognized on an error of another copy of the class, and on nothing else", () => {
    const foreign = Object.assign(new Error("m"), { name: "GovernError", code: "usage" });
    expect(isGovernError(foreign)).toBe(true);
    expect(isGovernError(Object.assign(new Error("m"), { code: "ENOENT" }))).toBe(false);
    expect(isGovernError("usage")).toBe(false);
  });
});
