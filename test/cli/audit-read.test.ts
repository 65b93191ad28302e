/** `govern audit list|tail|export` against a running sidecar. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import { csvLine } from "../../src/cli/audit/export.ts";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import { signIn, type Tab } from "../sidecar/client.ts";
import {
  apiPath,
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "../sidecar/desk-workspace.ts";
import { sampleEntry } from "../sidecar/store/samples.ts";
import { builtWriter } from "../sidecar/store/sqlite-setup.ts";
import { runGovern, type Run } from "./run-govern.ts";

let upstream: Upstream;
let desk: DeskWorkspace;
let sidecar: RunningSidecar;
let sam: Tab;

const govern = (...args: string[]): Promise<Run> =>
  runGovern(["audit", ...args], { cwd: desk.folder });
const json = async (...args: string[]): Promise<readonly AuditEntry[]> =>
  JSON.parse((await govern("list", "--json", ...args)).stdout) as readonly AuditEntry[];
const read = (ticket: string): Promise<unknown> =>
  sam.send({ path: `${apiPath}/v2/tickets/${encodeURIComponent(ticket)}` });

/** Cells of CSV by RFC 4180. */
function cellsOf(line: string): string[] {
  const cells = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...cells].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}

beforeAll(async () => {
  upstream = await startUpstream();
  desk = writeDesk(upstream.port);
  sidecar = await startSidecar({
    workspaceDir: desk.folder,
    host: "127.0.0.1",
    port: 0,
    operatorPort: 0,
    dev: true,
    storeWriter: builtWriter,
    log: () => undefined,
  });
  sam = await signIn({ port: sidecar.port, host: "desk.localhost" }, "sam");
  await read("11");
  await read("12");
  await sam.send({ path: "/nowhere" });
});
afterAll(async () => {
  await sidecar.close();
  await upstream.stop();
  desk.remove();
});

describe("govern audit list", () => {
  it("gives what every filter asks for, and nothing else", async () => {
    const all = await json();
    const reads = all.filter(({ type }) => type === "read");
    expect(reads.length).toBeGreaterThan(1);
    expect(await json("--type", "read")).toEqual(reads);
    expect(await json("--user", "sam", "--app", "desk")).toEqual(
      all.filter(({ actor, app }) => actor?.subject === "sam" && app === "desk"),
    );
    const [first] = reads;
    expect(await json("--correlation", first?.correlation ?? "")).toEqual([first]);
    expect(await json("--operation", first?.operation ?? "", "--limit", "1")).toHaveLength(1);
    expect(await json("--user", "nobody")).toEqual([]);
    expect(await json("--until", "2020-01-01")).toEqual([]);
  });

  it.each([
    ["a type that there is none of", ["--type", "writes"]],
    ["what is no time", ["--since", "yesterday"]],
    ["a day that no month has", ["--since", "2026-02-31T25:00Z"]],
    ["an end before its beginning", ["--since", "1h", "--until", "2h"]],
    ["no entries at all", ["--limit", "0"]],
    ["a number that is none", ["--limit", "many"]],
  ])("refuses %s with 2, in two lines", async (_, args) => {
    const { code, stdout, stderr } = await govern("list", ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error\[usage\]: .*\n→ .*\n$/);
  });
});

describe("govern audit export", () => {
  it("gives every entry as a line of JSON", async () => {
    const { code, stdout } = await govern("export");
    const lines = stdout.trimEnd().split("\n");
    expect(code).toBe(0);
    expect(lines.map((line) => (JSON.parse(line) as AuditEntry).seq)).toEqual(
      lines.map((_, index) => index),
    );
  });

  it("gives CSV with the same cells in every line", async () => {
    const { stdout } = await govern("export", "--format", "csv");
    const [head = "", ...lines] = stdout.trimEnd().split("\n");
    expect(cellsOf(head).slice(0, 4)).toEqual(["seq", "time", "type", "subject"]);
    const rows = lines.map(cellsOf);
    expect(new Set(rows.map((cells) => cells.length))).toEqual(new Set([13]));
    expect(rows.map((cells) => cells[3])).toContain("sam");
  });

  it.each([
    "=cmd|' /c calc'!A1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "\u200b=1",
    "＝1",
  ])("gives %j as a text that no spreadsheet runs", (subject) => {
    const actor = { subject, issuer: "dev", groups: [], session: null };
    const entry = { v: 1 as const, seq: -1, time: "t", ...sampleEntry({ actor }) };
    const [seq, , , cell] = cellsOf(csvLine(entry));
    expect({ seq, cell }).toEqual({ seq: "-1", cell: `'${subject}` });
  });
});

describe("govern audit tail", () => {
  it("prints entries as they come, once each, until it is ended", async () => {
    const bin = resolve(import.meta.dirname, "../../bin/govern.js");
    const args = ["audit", "tail", "--type", "read", "--json"];
    const child = spawn(process.execPath, [bin, ...args], { cwd: desk.folder });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const tickets = (): string[] => text.match(/(?<="ticketId":")[^"]+/g) ?? [];
    await expect.poll(tickets).toContain("12");
    await read("late-1");
    await expect.poll(tickets).toContain("late-1");
    await read("late-2");
    await expect.poll(tickets).toContain("late-2");
    const exit = once(child, "exit");
    child.kill("SIGINT");
    await exit;
    expect(tickets().slice(-4)).toEqual(["11", "12", "late-1", "late-2"]);
    expect(text).not.toContain('"refused"');
  });
});
