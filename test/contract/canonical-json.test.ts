import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/contract/canonical-json.ts";

describe("canonical JSON", () => {
  it("is that of another implementation of RFC 8785, for every value", () => {
    const value = fc.jsonValue({ stringUnit: "binary", maxDepth: 5 });
    fc.assert(
      fc.property(value, (one) => canonicalJson(one) === canonicalize(one)),
      { numRuns: 2000 },
    );
  });

  // The example of RFC 8785, section 3.2.2, and its order of members, section 3.2.3.
  it("is that of the RFC's own examples", () => {
    const numbers = [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001];
    const string = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/";
    expect(canonicalJson({ numbers, string, literals: [null, true, false] })).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    const order = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const sorted = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"];
    const members = canonicalJson(Object.fromEntries(order.map((name) => [name, 0])));
    expect(Object.keys(JSON.parse(members) as object).toSorted()).toEqual(sorted.toSorted());
    expect(members).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(",")}}`);
  });

  it.each([
    ["minus zero", -0, "0"],
    ["members and items that are undefined", { a: undefined, b: [undefined, 1] }, '{"b":[null,1]}'],
    ["a date", new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ["nothing", undefined, "null"],
  ])("writes %s as JSON does", (_, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it("is as deep as its value", () => {
    let value: unknown = 1;
    for (let depth = 0; depth < 1000; depth += 1) value = [value];
    expect(canonicalJson(value)).toBe(`${"[".repeat(1000)}1${"]".repeat(1000)}`);
  });

  const circle: unknown[] = [];
  circle.push({ circle });
  it.each([
    ["what is no number", [Number.NaN]],
    ["an infinite number", { n: Infinity }],
    ["half of a surrogate pair", ["\ud800"]],
    ["a name with half of one", { "\udc00": 1 }],
    ["a circle", circle],
  ])("is refused for %s", (_, value) => {
    expect(() => canonicalJson(value)).toThrow();
  });
});
