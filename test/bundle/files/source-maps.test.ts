import { describe, expect, it } from "vitest";
import { cleanSource, LineIndex, SourceMaps } from "../../../src/bundle/files/source-maps.ts";
import { bundleOf } from "../in-memory.ts";

const map = {
  version: 3,
  sources: ["webpack://app/../../src/api.ts"],
  names: [],
  mappings: "AAAA;AACA",
};
const at = { file: "a.js", line: 2, column: 0 };
const found = { file: "src/api.ts", line: 2, column: 0 };

describe("SourceMaps", () => {
  it("reads the map beside a script", () => {
    const bundle = bundleOf({
      "a.js": "a;\nb;\n//# sourceMappingURL=a.js.map",
      "a.js.map": JSON.stringify(map),
    });
    expect(new SourceMaps(bundle).originalPlace(at)).toEqual(found);
  });

  it("reads a map in a data URI", () => {
    const data = Buffer.from(JSON.stringify(map)).toString("base64");
    const bundle = bundleOf({
      "a.js": `a;\nb;\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,${data}`,
    });
    expect(new SourceMaps(bundle).originalPlace(at)).toEqual(found);
  });

  it.each([
    ["no JSON", "nonsense"],
    ["null", "null"],
    ["a list", "[]"],
    ["no mappings", '{"version":3,"sources":["a.ts"]}'],
    ["broken mappings", '{"version":3,"sources":["a.ts"],"names":[],"mappings":"!!!!;####"}'],
    ["sources of the wrong type", '{"version":3,"sources":7,"names":[],"mappings":"AAAA"}'],
    ["an index out of range", '{"version":3,"sources":[],"names":[],"mappings":"AAAA;AACA"}'],
  ])("ignores a map with %s", (_what, text) => {
    const bundle = bundleOf({ "a.js": "a;\nb;\n//# sourceMappingURL=a.js.map", "a.js.map": text });
    expect(() => new SourceMaps(bundle).originalPlace(at)).not.toThrow();
  });

  it.each([
    "../../../etc/passwd",
    "/etc/passwd",
    "https://evil.example/a.map",
    "file:///etc/passwd",
    "%E0%A4%A",
  ])("does not follow %s", (url) => {
    const bundle = bundleOf({ "a.js": `a;\nb;\n//# sourceMappingURL=${url}` });
    expect(new SourceMaps(bundle).originalPlace(at)).toBeUndefined();
  });

  it.each([
    ["webpack://app/./src/api.ts?abcd", "src/api.ts"],
    ["../../../../etc/passwd", "etc/passwd"],
    ["/home/someone/app/src/api.ts", "home/someone/app/src/api.ts"],
    ["C:\\app\\src\\api.ts", "app/src/api.ts"],
    ["..", "unknown"],
    ["", "unknown"],
  ])("names the source %j as %j", (name, clean) => {
    expect(cleanSource(name)).toBe(clean);
  });
});

describe("LineIndex", () => {
  it("gives line from 1 and column from 0", () => {
    const lines = new LineIndex("ab\n\ncd");
    expect([0, 2, 3, 4, 5].map((offset) => lines.at(offset))).toEqual([
      { line: 1, column: 0 },
      { line: 1, column: 2 },
      { line: 2, column: 0 },
      { line: 3, column: 0 },
      { line: 3, column: 1 },
    ]);
  });
});
