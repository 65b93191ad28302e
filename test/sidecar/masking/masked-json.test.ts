/** Values are taken out of JSON by their names; what stays is byte for byte what it was. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { maskJson } from "../../../src/sidecar/masking/masked-json.ts";

const isSsn = (path: readonly string[]): boolean => path.at(-1) === "ssn";
const mask = (text: string): string | undefined => maskJson(text, [], isSsn);

it.each([
  [
    ' { "id" : 12345678901234567890, "ssn":"1-2", "rate": 1.50 } ',
    ' { "id" : 12345678901234567890, "ssn":null, "rate": 1.50 } ',
  ],
  ['[{"ssn":[1,{"ssn":2}],"a":"\\"ssn\\":3"}]', '[{"ssn":null,"a":"\\"ssn\\":3"}]'],
  ['{"\\u0073sn":"1-2"}', '{"\\u0073sn":null}'],
  ['{"ssn":"1","ssn":"2"}', '{"ssn":null,"ssn":null}'],
  ['{"ssn":{"a":"}\\\\"},"b":[],"c":{}}', '{"ssn":null,"b":[],"c":{}}'],
  ['"ssn"', '"ssn"'],
  ["-1.5e3", "-1.5e3"],
])("takes from %s what is named", (text, masked) => {
  expect(mask(text)).toBe(masked);
});

it.each([
  "",
  "ssn=1-2",
  '{"ssn":"1-2"',
  '{"ssn":1} {"ssn":2}',
  '\ufeff{"ssn":1}',
  `${"[".repeat(300)}${"]".repeat(300)}`,
])("gives nothing of %j", (text) => {
  expect(mask(text)).toBeUndefined();
});

function withoutSsn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSsn);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, key === "ssn" ? null : withoutSsn(one)]),
  );
}

it("is what taking them out of the parsed value would be, for any value", () => {
  const keys = fc.oneof(fc.constant("ssn"), fc.string());
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue(),
      fc.array(tie("tree")),
      fc.dictionary(keys, tie("tree")),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.nat(3), (value, space) => {
      const text = JSON.stringify(value, null, space);
      const plain = JSON.parse(text) as unknown;
      expect(JSON.parse(mask(text) ?? "")).toEqual(withoutSsn(plain));
    }),
  );
});
