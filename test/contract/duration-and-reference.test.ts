import { describe, expect, it } from "vitest";
import { parseDuration } from "../../src/contract/duration.ts";
import { findReferences, resolveReferences } from "../../src/contract/reference.ts";

describe("parseDuration", () => {
  it.each([
    ["45s", 45_000],
    ["30m", 1_800_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
  ])("reads %s", (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

  it.each(["", "0h", "24", "h", "1.5h", "-1h", "1w", " 1h", "99999999999999d"])(
    "refuses %j",
    (text) => expect(() => parseDuration(text)).toThrow(/duration/),
  );
});

describe("references", () => {
  it("are found in order, anywhere in a text", () => {
    expect(findReferences("Bearer ${env:TOKEN}; ${file:keys/db.txt} ${other:X} $env:Y")).toEqual([
      { kind: "env", name: "TOKEN" },
      { kind: "file", name: "keys/db.txt" },
    ]);
  });

  it("are replaced once: a value that looks like one stays", () => {
    const text = resolveReferences("a ${env:A} b ${env:B}", ({ name }) =>
      name === "A" ? "${env:B}" : "$& two",
    );
    expect(text).toBe("a ${env:B} b $& two");
  });
});
