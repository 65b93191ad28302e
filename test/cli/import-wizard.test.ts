import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { ImportAnswers } from "../../src/bundle/import.ts";
import { askImport } from "../../src/cli/import-wizard.ts";
import type { InspectReport } from "../../src/contract/build.ts";

const report: InspectReport = {
  version: 1,
  app: "console",
  operations: [
    {
      id: "post-credits-3f9a2c",
      kind: "http",
      access: "write",
      why: "method POST",
      method: "POST",
      origin: "https://api.acme.example",
      path: "/api/credits",
      query: { fields: {}, open: false },
      headers: [],
      body: { type: "none" },
    },
    {
      id: "select-accounts-81be07",
      kind: "sql",
      access: "read",
      why: "SelectStmt",
      dialect: "postgres",
      statement: "SELECT id FROM accounts",
      tables: ["accounts"],
      parameters: [],
      client: "neon",
    },
  ],
  bundle: { digest: "0".repeat(64), files: 1, bytes: 10 },
  origins: [],
  sites: [],
  findings: [],
  external: [],
};

/** Answers each question, once it is asked, with keys. */
async function answer(
  script: readonly (readonly [question: string, keys: string])[],
  upstreams: Readonly<Record<string, string>> = {},
): Promise<{ readonly answers: ImportAnswers | undefined; readonly shown: string }> {
  const input = new PassThrough();
  const output = Object.assign(new PassThrough(), { columns: 80, isTTY: true });
  const rest = [...script];
  let shown = "";
  let fresh = "";
  output.on("data", (chunk: Buffer) => {
    shown += chunk.toString("utf8");
    fresh += chunk.toString("utf8");
    const [next] = rest;
    if (next === undefined || !fresh.includes(next[0])) return;
    fresh = "";
    rest.shift();
    setImmediate(() => {
      // A terminal sends text and the key that ends it one by one.
      for (const key of next[1]) input.write(key);
    });
  });
  const answers = await askImport(report, { upstreams }, { input, output });
  return { answers, shown };
}

describe("askImport", () => {
  it("asks for the name, each origin and each client, and takes the defaults", async () => {
    const { answers } = await answer([
      ["What is the app called?", "\r"],
      ["Where does https://api.acme.example lead?", "\r"],
      ["Where does sql:neon lead?", "sqlite:./ledger.db\r"],
      ["Write governed/", "\r"],
    ]);
    expect(answers).toEqual({ app: "console", upstreams: { "sql:neon": "sqlite:./ledger.db" } });
  });

  it("does not ask what --upstream said", async () => {
    const given = { "https://api.acme.example": "http://127.0.0.1:1", "sql:neon": "sqlite:./a.db" };
    const { answers, shown } = await answer(
      [
        ["What is the app called?", "desk\r"],
        ["Write governed/", "\r"],
      ],
      given,
    );
    expect(answers).toEqual({ app: "desk", upstreams: given });
    expect(shown).not.toContain("Where does");
  });

  it.each([
    ["Ctrl-C at a question", [["What is the app called?", "\u0003"]]],
    [
      "no at the end",
      [
        ["What is the app called?", "\r"],
        ["Where does https://api.acme.example lead?", "\r"],
        ["Where does sql:neon lead?", "\r"],
        ["Write governed/", "n"],
      ],
    ],
  ] as const)("gives nothing after %s", async (_what, script) => {
    const { answers, shown } = await answer(script);
    expect(answers).toBeUndefined();
    expect(shown).toContain("Nothing was written.");
  });
});
