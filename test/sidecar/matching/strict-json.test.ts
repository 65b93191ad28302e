/** JSON that every reader agrees on. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStrictJson } from "../../../src/sidecar/matching/strict-json.ts";

describe("strict JSON", () => {
  it("reads what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8, stringUnit: "grapheme" }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('"__proto__"'));
        expect(parseStrictJson(Buffer.from(text))).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  it("takes nothing that JSON.parse refuses", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(...Array.from('{}[],:"\\0123456789.eE+-truefalsn \n\u0001')),
        }),
        (text) => {
          if (parseStrictJson(text).ok) expect(() => JSON.parse(text)).not.toThrow();
        },
      ),
    );
  });

  it.each([
    ['{"a":1,"a":1}', "a repeated key"],
    ['{"a":{"b":1,"\\u0062":2}}', "a repeated key, escaped"],
    ['{"__proto__":{}}', "__proto__"],
    ['{"\\u005f_proto__":{}}', "__proto__, escaped"],
    ["1e400", "an infinite number"],
    ["9007199254740993", "an integer that no double holds"],
    ['"\\ud800"', "a lone surrogate"],
    ["[".repeat(70) + "]".repeat(70), "too much depth"],
    ["[".repeat(100_000), "far too much depth"],
    ["{} {}", "two values"],
    ["", "nothing"],
    ["\ufeff{}", "a byte order mark"],
    ["NaN", "no JSON value"],
    ['{"a":1,}', "a trailing comma"],
  ])("refuses %j: %s", (text) => {
    expect(parseStrictJson(text).ok).toBe(false);
    expect(parseStrictJson(Buffer.from(text)).ok).toBe(false);
  });

  it("refuses what is not UTF-8", () => {
    expect(parseStrictJson(Buffer.of(0x22, 0xff, 0x22))).toEqual({
      ok: false,
      reason: "not UTF-8",
    });
  });

  it("keeps constructor as a plain member", () => {
    const parsed = parseStrictJson('{"constructor":{"prototype":1}}');
    expect(parsed).toEqual({ ok: true, value: { constructor: { prototype: 1 } } });
    expect(Object.prototype).not.toHaveProperty("1");
  });
});
