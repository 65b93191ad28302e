/** 2,000 mutants each of a govern.yaml and of a recording: read, or refused with the code of their kind; nothing else. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { readHar } from "../../src/bundle/har/read-har.ts";
import { parseWorkspace } from "../../src/contract/workspace-file.ts";
import { isGovernError } from "../../src/errors/govern-error.ts";
import { compilePolicy } from "../../src/policy/policy.ts";
import type { UnnamedOperation } from "../../src/contract/operation-id.ts";
import { wholeWorkspace } from "../contract/whole-workspace.ts";
import { bundleOf } from "./in-memory.ts";
import { mutateText } from "./mutants/mutate-text.ts";
import { Random } from "./mutants/random.ts";

const mutants = 2000;

const request = (method: string, path: string, text?: string): unknown => ({
  startedDateTime: "2026-01-02T03:04:05.000Z",
  _resourceType: "fetch",
  _initiator: {
    stack: {
      callFrames: [{ url: "https://desk.acme.example/a.js", lineNumber: 0, columnNumber: 0 }],
    },
  },
  request: {
    method,
    url: `https://desk.acme.example${path}`,
    headers: [{ name: "accept", value: "application/json" }],
    queryString: [{ name: "q", value: "late" }],
    ...(text === undefined ? {} : { postData: { mimeType: "application/json", text } }),
  },
  response: { status: 200, content: { mimeType: "application/json" } },
});
const recordingText = JSON.stringify({
  log: {
    version: "1.2",
    pages: [{ id: "page_1", title: "https://desk.acme.example/" }],
    entries: [
      request("GET", "/api/accounts/4711?q=late"),
      request("POST", "/api/accounts/4711/notes", '{"text":"paid"}'),
      request("DELETE", "/api/accounts/4712"),
    ],
  },
});
/** An operation under the id that a rule names. */
const named = (id: string, path: string): { readonly id: string } & UnnamedOperation => ({
  id,
  kind: "http",
  access: "write",
  why: "method POST",
  method: "POST",
  origin: "https://api.acme.example",
  path,
  query: { fields: {}, open: false },
  headers: [],
  body: { type: "json", fields: { amount: "number" }, open: false },
});
const apps = new Map([
  ["desk", [named("post-credits-3f9a2c", "/credits"), named("post-search-77aa01", "/search")]],
]);
const app = `fetch("/api/accounts/" + location.hash); fetch(address, { method: "POST", body })`;

/** Codes of refusals, counted; what is no refusal fails the test with its number. */
async function tryAll(
  expected: string,
  run: (random: Random) => Promise<void> | void,
): Promise<number> {
  let read = 0;
  const faults: string[] = [];
  for (let number = 0; number < mutants; number += 1) {
    try {
      await run(new Random(Math.imul(number + 1, 0x9e3779b1)));
      read += 1;
    } catch (error) {
      if (isGovernError(error) && error.code === expected) continue;
      faults.push(`mutant ${number}: ${String((error as Error).stack ?? error)}`);
    }
  }
  expect(faults).toEqual([]);
  return read;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "govern-texts-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("mutants", () => {
  it("of govern.yaml are read, with their rules, or refused as invalid", async () => {
    const read = await tryAll("workspace-invalid", (random) => {
      const text = mutateText(random, wholeWorkspace, { parse, print: stringify });
      const { workspace } = parseWorkspace(text, "govern.yaml");
      compilePolicy(workspace, apps);
    });
    expect(read).toBeGreaterThan(0);
  });

  it("of recordings are read and held against an app, or refused as invalid", async () => {
    const bundle = bundleOf({ "a.js": app });
    const path = join(folder, "traffic.har");
    const read = await tryAll("har-invalid", async (random) => {
      writeFileSync(
        path,
        mutateText(random, recordingText, { parse: JSON.parse, print: JSON.stringify }),
      );
      await analyzeBundle(bundle, "desk", { recordings: [await readHar(path)] });
    });
    expect(read).toBeGreaterThan(100);
  });
});
