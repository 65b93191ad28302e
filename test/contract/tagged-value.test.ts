/** Every SQL value survives the wire. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  tagValue,
  untagValue,
  type SqlValue,
  type TaggedValue,
} from "../../src/contract/tagged-value.ts";

const throughJson = (value: SqlValue): SqlValue =>
  untagValue(JSON.parse(JSON.stringify(tagValue(value))) as TaggedValue);

describe("tagged values", () => {
  it.each<[string, SqlValue]>([
    ["null", null],
    ["text that looks like a tag", '{"$date":1}'],
    ["a big integer", 9007199254740993n],
    ["a date", new Date("2026-03-04T05:06:07.089Z")],
    ["bytes", Uint8Array.of(0, 255, 7)],
    ["a list", [1, "two", null, [true]]],
    ["a document", { amount: 5, tags: ["a"], $date: "not a date" }],
  ])("%s comes back as it was", (_name, value) => {
    expect(throughJson(value)).toEqual(value);
  });

  it.each([Number.NaN, Infinity, -Infinity])("%d comes back", (value) => {
    expect(throughJson(value)).toBe(value);
  });

  it("an absent value is null, a small bigint a number", () => {
    expect(tagValue(undefined)).toBeNull();
    expect(tagValue(12n)).toBe(12);
  });

  it("numbers and texts come back unchanged", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.boolean()), (value) => {
        expect(throughJson(value)).toBe(Object.is(value, -0) ? 0 : value);
      }),
    );
  });
});
