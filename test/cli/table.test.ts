import { describe, expect, it } from "vitest";
import { renderTable } from "../../src/cli/table.ts";
import { displayWidth } from "../../src/cli/text.ts";
import { pipeLook, terminalLook } from "./looks.ts";

const columns = [
  { head: "ID", min: 12 },
  { head: "ACCESS", min: 6 },
  { head: "CALL", min: 14 },
];
const rows = [
  [
    "post-accounts-credits-3f9a2c",
    "write",
    "POST https://api.acme.example/api/accounts/{accountId}/credits",
  ],
  [
    "select-accounts-81be07",
    "read",
    "SELECT id, name, 東京 FROM accounts WHERE lower(name) LIKE $1 ORDER BY name",
  ],
];

describe("renderTable", () => {
  it("fits every terminal width, down to blocks of lines", () => {
    for (const width of [200, 120, 80, 60, 40, 30]) {
      const lines = renderTable(columns, rows, terminalLook(width)).split("\n");
      expect(Math.max(...lines.map(displayWidth)), `width ${width}`).toBeLessThanOrEqual(width);
    }
  });

  it("loses no character when it wraps", () => {
    for (const width of [80, 40, 30]) {
      const text = renderTable([{ head: "CALL" }], [[rows[0]?.[2] ?? ""]], terminalLook(width));
      expect(text.replaceAll(/\s/g, "")).toContain((rows[0]?.[2] ?? "").replaceAll(" ", ""));
    }
  });

  it("is one line a row where no person reads it", () => {
    const lines = renderTable(columns, rows, pipeLook).split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^select-accounts-81be07 +read +SELECT .* ORDER BY name$/);
  });

  it("shows hidden characters in cells", () => {
    expect(renderTable([{ head: "X" }], [["a\u202Eb"]], pipeLook)).toContain(
      String.raw`a\u{202e}b`,
    );
  });
});
