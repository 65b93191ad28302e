import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseWorkspace } from "../../src/contract/workspace-file.ts";
import { isGovernError, type GovernError } from "../../src/errors/govern-error.ts";
import { wholeWorkspace } from "./whole-workspace.ts";

function faultOf(text: string, file = "govern.yaml"): GovernError {
  try {
    parseWorkspace(text, file);
  } catch (error) {
    if (isGovernError(error)) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("parseWorkspace", () => {
  it("reads the workspace and leaves references as they are", () => {
    const { workspace } = parseWorkspace(wholeWorkspace, "govern.yaml");
    expect(workspace.resources?.["ledger"]).toEqual({
      kind: "postgres",
      url: "${env:LEDGER_URL}",
    });
    expect(workspace.approvals?.[1]).toMatchObject({ require: "none", until: "2027-06-30" });
  });

  it("locates what stands at a path, and the nearest parent of what does not", () => {
    const { locate } = parseWorkspace(wholeWorkspace, "conf/govern.yaml");
    const file = "conf/govern.yaml";
    expect(locate(["version"])).toEqual({ file, line: 1, column: 10 });
    expect(locate(["permissions", 1, "when"])).toMatchObject({ line: 20, column: 89 });
    expect(locate(["approvals", 0, "approvers", "all", 0])).toMatchObject({ line: 23, column: 24 });
    expect(locate(["approvals", 0, "nothing"])).toMatchObject({ line: 22, column: 5 });
    expect(locate([])).toMatchObject({ line: 1, column: 1 });
  });

  it("names the nearest valid key of an unknown one, at the key", () => {
    const error = faultOf("version: 1\napprovels: []\n");
    expect(error.code).toBe("workspace-invalid");
    expect(error.message).toBe(
      "govern.yaml:2:1 unknown key `approvels`, did you mean `approvals`?",
    );
    expect(error.details).toMatchObject({ file: "govern.yaml", line: 2, column: 1 });
  });

  it.each([
    ["apps:\n  c:\n    resource: {}\n", "3:5", "`resources`"],
    ["resources:\n  a: { kind: http, upstrem: x, auth: service }\n", "2:20", "`upstream`"],
    [
      "approvals:\n  - match: { acces: write }\n    require: none\n    reason: r\n",
      "2:14",
      "`access`",
    ],
    [
      "approvals:\n  - match: { access: write }\n    approver: { any: [a] }\n    quorum: 1\n    expiresIn: 1h\n",
      "3:5",
      "`approvers`",
    ],
    ["identity: { dev: { user: {} } }\n", "1:20", "`users`"],
    ["apps:\n  c: { resources: {}, page: { imgs: [] } }\n", "2:31", "`img`"],
    ["Version: 1\n", "1:1", "`version`"],
  ])("finds the key meant in %j", (text, place, meant) => {
    const error = faultOf(text);
    expect(error.message).toContain(`govern.yaml:${place} unknown key`);
    expect(error.message).toContain(`did you mean ${meant}?`);
  });

  it("lists the valid keys when none is near", () => {
    expect(faultOf("version: 1\nzebra: 2\n").message).toContain("valid here: approvals, apps");
  });

  it("does not report a key as missing that was only mistyped", () => {
    const error = faultOf(
      "approvals:\n  - { match: { app: c }, approver: { any: [a] }, quorum: 1, expiresIn: 1h }\nversion: 1\n",
    );
    expect(error.details["faults"]).toHaveLength(1);
  });

  it("tells every fault, the first in the message", () => {
    const error = faultOf("version: 2\ngroups: []\npermissions:\n  - { groups: [], allow: [x] }\n");
    expect(error.message).toMatch(/^govern\.yaml:1:10 version: .*\(and 3 more\)$/);
    expect(error.details["faults"]).toMatchObject([
      { line: 1 },
      { line: 2 },
      { line: 4, column: 15 },
      { line: 4 },
    ]);
  });

  it.each([
    ["version: 1\nversion: 1\n", "2:1"],
    ["version: 1\napps: {\n", "3:1"],
    ["version: 1\n\tapps: {}\n", "2:1"],
    ["version: 1\n---\nversion: 1\n", "2:1"],
    ["version: *nothing\n", "1:10"],
    ["version: 1\naudit: !secret {}\n", "2:8"],
    ["", "1:1"],
    ["- a\n", "1:1"],
    ["version: 1\napps:\n  c: { url: nowhere, resources: {} }\n", "3:13"],
    ["version: 1\nresources:\n  a: { kind: oracle }\n", "3:14"],
    ["version: 1\nresources:\n  Ledger: { kind: postgres, url: x }\n", "3:3"],
    ["version: 1\napprovals:\n  - match: { access: write }\n    require: none\n", "3:5"],
    ["version: 1\naudit:\n  redact:\n", "3:3"],
    [
      "version: 1\napprovals: [{ match: { app: c }, require: none, reason: r, until: soon }]\n",
      "2:67",
    ],
  ])("tells the place of the fault in %j", (text, place) => {
    expect(faultOf(text).message).toMatch(new RegExp(`^govern\\.yaml:${place} `));
  });

  it("never repeats a value in its message", () => {
    const error = faultOf(
      "version: 1\nresources:\n  a: { kind: postgres, url: [hunter2] }\nserver: hunter2\n",
    );
    expect(JSON.stringify([error.message, error.details])).not.toContain("hunter2");
  });

  it("refuses a bomb of aliases, a bomb of nesting and a huge file", () => {
    const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (const [to, from] of ["ba", "cb", "dc", "ed", "fe", "gf", "hg"].entries()) {
      const [name, source] = from;
      bomb.push(`${name}: &${name} [${`*${source}, `.repeat(9)}]`, `# ${to}`);
    }
    expect(faultOf(bomb.join("\n")).code).toBe("workspace-invalid");
    expect(faultOf("[".repeat(50_000)).code).toBe("workspace-invalid");
    expect(faultOf(`- `.repeat(20_000)).code).toBe("workspace-invalid");
    expect(faultOf(`#${" ".repeat(1_000_001)}`).code).toBe("workspace-invalid");
  });

  it("answers any text with a workspace or with workspace-invalid at a place", () => {
    const lines = wholeWorkspace.split("\n");
    const pieces = [
      "",
      "{",
      "}",
      "[",
      "]",
      ": ",
      "- ",
      "&a ",
      "*a",
      "<<: ",
      "? ",
      "|",
      ">",
      "!!",
      "'",
      '"',
      "\t",
      "\n",
      "#",
      "%",
      "__proto__: 1",
      "null",
      "~",
      "\u0000",
      "é",
      "0x1",
      "...",
      "---",
    ];
    const mutation = fc.record({
      line: fc.nat(lines.length - 1),
      at: fc.nat(100),
      cut: fc.nat(12),
      piece: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 6, unit: "binary" })),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
        const mutated = [...lines];
        for (const { line, at, cut, piece } of mutations) {
          const old = mutated[line] ?? "";
          mutated[line] = old.slice(0, at) + piece + old.slice(at + cut);
        }
        try {
          const { locate } = parseWorkspace(mutated.join("\n"), "g.yaml");
          expect(locate(["permissions", 0, "groups"]).line).toBeGreaterThan(0);
        } catch (error) {
          if (!isGovernError(error)) throw error;
          expect(error.code).toBe("workspace-invalid");
          expect(error.message).toMatch(/^g\.yaml:[1-9]\d*:[1-9]\d* /);
        }
      }),
      { numRuns: 400 },
    );
  });
});
