import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApprovalDetail, ApprovalView } from "../../src/contract/approval.ts";
import { startControlServer, type ControlServer } from "./control-server.ts";
import { runGovern, type Run } from "./run-govern.ts";

const pending: ApprovalView = {
  id: "7QkAAAAAaaaaaaaaaaaaaa",
  state: "pending",
  app: "support-console",
  operation: "post-accounts-credits-3f9a2c",
  operationDigest: "0".repeat(64),
  summary: "POST /api/accounts/{accountId}/credits",
  words: null,
  arguments: { path: { accountId: "acc-1001" }, body: { amount: 25, reason: "late\u202Eevil\n" } },
  argumentsDigest: "1".repeat(64),
  requester: { subject: "sam", issuer: "dev", groups: ["dev"] },
  resource: "api",
  approvers: { all: ["leads"] },
  quorum: 1,
  rule: null,
  release: null,
  resolution: null,
  votes: [],
  detached: false,
  createdAt: "2026-05-04T10:00:00.000Z",
  expiresAt: "2026-05-05T10:00:00.000Z",
  decidedAt: null,
  finishedAt: null,
  resultStatus: null,
  correlation: "c-1",
  identical: [],
};
const detailed = (approval: ApprovalView): ApprovalDetail => ({
  ...approval,
  words: "Create credit of account acc-1001",
  places: [{ screen: "Credit form", at: "src/CreditForm.tsx:41" }],
  statements: [],
  demand: { approvers: approval.approvers, justification: true, ticket: "OPS-\\d+" },
  like: {
    approved: 2,
    denied: 1,
    other: 0,
    latest: [
      {
        id: "x",
        state: "denied",
        requester: "kim",
        time: "2026-05-03T10:00:00.000Z",
        identical: true,
        reason: "too much",
      },
    ],
  },
  you: {
    isRequester: false,
    mayDecide: true,
    mayRelease: false,
    mayReview: false,
    mayResolve: false,
  },
  previewable: true,
});
const twin: ApprovalView = { ...pending, id: "7QkAAAAAbbbbbbbbbbbbbb" };

describe("commands over the control socket", () => {
  let sidecar: ControlServer;
  const govern = (...args: string[]): Promise<Run> => runGovern(args, { cwd: sidecar.folder });

  beforeEach(async () => {
    sidecar = await startControlServer();
    sidecar.answer("GET /api/approvals?state=pending", 200, [pending, twin]);
    const find = (prefix: string, found: readonly ApprovalView[]): void =>
      sidecar.answer(`GET /api/approvals?prefix=${prefix}&limit=20`, 200, found);
    find("7Qk", [pending, twin]);
    find("nothing", []);
    for (const approval of [pending, twin]) {
      find(approval.id, [approval]);
      find(approval.id.slice(0, 9), [approval]);
      sidecar.answer(`GET /api/approvals/${approval.id}`, 200, detailed(approval));
    }
  });
  afterEach(async () => {
    await sidecar.stop();
  });

  it("lists what is pending, with ids long enough to tell them apart", async () => {
    const { code, stdout } = await govern("approvals", "list");
    expect(code).toBe(0);
    expect(stdout).toContain("7QkAAAAAa ");
    expect(stdout).toContain("7QkAAAAAb ");
    expect(stdout).not.toContain("\u202E");
    const json = await govern("approvals", "list", "--json");
    expect(JSON.parse(json.stdout)).toEqual([pending, twin]);
  });

  it("shows every argument, with hidden characters visible", async () => {
    const { code, stdout } = await govern("approvals", "show", "7QkAAAAAa");
    expect(code).toBe(0);
    expect(stdout).toContain(String.raw`"reason": "late\u{202e}evil\n"`);
    expect(stdout).toContain(pending.argumentsDigest);
    expect(stdout).toContain("Create credit of account acc-1001");
    expect(stdout).toContain("Credit form (src/CreditForm.tsx:41)");
    expect(stdout).toContain("2 approved, 1 denied, 0 otherwise");
    expect(stdout).toContain("2026-05-03 10:00:00 denied (kim, identical): too much");
  });

  it("shows what a statement would change, and what that cannot show", async () => {
    const rows = [{ before: { id: "7", note: "a" }, after: { id: "7", note: "b\u202E" } }];
    const preview = { rows, more: false, reason: null };
    sidecar.answer(`GET /api/approvals/${twin.id}/preview`, 200, preview);
    const { stdout } = await govern("approvals", "show", twin.id, "--preview");
    expect(stdout).toContain("Would change 1 row");
    expect(stdout).toContain(String.raw`note: - a  + b\u{202e}`);
    expect(stdout).toContain("Not shown");
  });

  it("watches what waits, then how it ends, until the sidecar is gone", async () => {
    const waiting = "GET /api/approvals?state=pending&state=approved&state=executing";
    sidecar.answer(waiting, 200, [twin]);
    const watching = govern("approvals", "watch", "--json");
    const asked = (): number => sidecar.received.filter(({ call }) => call === waiting).length;
    await expect.poll(asked).toBeGreaterThan(1);
    sidecar.answer(waiting, 200, []);
    sidecar.answer(`GET /api/approvals/${twin.id}`, 200, { ...twin, state: "executed" });
    const before = asked();
    await expect.poll(asked).toBeGreaterThan(before + 1);
    sidecar.answer(waiting, 500, { code: "internal", detail: "gone" });
    const { code, stdout } = await watching;
    expect(code).not.toBe(0);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as ApprovalView);
    expect(lines.map(({ state }) => state)).toEqual(["pending", "executed"]);
  });

  it("approves by an abbreviated id, in the name that --as gives, with the reason", async () => {
    const path = `POST /api/approvals/${twin.id}/decision`;
    sidecar.answer(path, 200, { ...twin, state: "approved" });
    const ran = { ...twin, state: "executed", resultStatus: 201 };
    sidecar.answer(`GET /api/approvals/${twin.id}`, 200, ran);
    const run = await govern("approvals", "approve", "7QkAAAAAb", "--as", "ana", "--reason", "ok");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toContain("; executed, the resource answered 201.");
    expect(sidecar.received.find(({ call }) => call === path)).toEqual({
      call: path,
      as: "ana",
      body: { decision: "approve", reason: "ok", digest: twin.argumentsDigest },
    });
  });

  it.each([
    [{ state: "approved", detached: true }, "; it runs when its page repeats it."],
    [{ state: "unknown", resultStatus: 409 }, "; it was sent, and nobody knows whether it ran"],
    [{ state: "pending", quorum: 2, votes: [{}] }, ": 1 of 2 people so far."],
  ])("tells what became of an approved call: %j", async (change, text) => {
    const decided = { ...pending, ...change };
    sidecar.answer(`POST /api/approvals/${pending.id}/decision`, 200, decided);
    const { stdout } = await govern("approvals", "approve", pending.id);
    expect(stdout).toContain(text);
  });

  it.each([
    ["approve", ["--ticket", "OPS-7"], "decision", { ticket: "OPS-7" }],
    ["break-glass", ["--reason", "down"], "break-glass", { reason: "down" }],
    ["review", ["--note", "fine"], "review", { note: "fine" }],
    ["resolve", ["--ran", "--note", "seen"], "resolve", { ran: true, note: "seen" }],
    ["resolve", ["--did-not-run"], "resolve", { ran: false, note: null }],
  ])("%s %j asks for it", async (verb, flags, below, body) => {
    const path = `POST /api/approvals/${twin.id}/${below}`;
    sidecar.answer(path, 200, { ...twin, state: "executed", resultStatus: 201 });
    const run = await govern("approvals", verb, twin.id, ...flags);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(sidecar.received.at(-1)).toMatchObject({ call: path, body });
  });

  it("asks what was found of a doubtful write", async () => {
    const { code, stderr } = await govern("approvals", "resolve", twin.id);
    expect(code).toBe(2);
    expect(stderr).toContain("--did-not-run");
  });

  it("shows the rule with its place, a release and its open review, and what was found", async () => {
    const said = { subject: "ana", issuer: "dev", time: "2026-05-04T11:00:00.000Z" };
    const rule = {
      name: "approvals[0]",
      place: "govern.yaml:12",
      text: "match:\n  access: write",
      justification: true,
      ticket: "OPS-\\d+",
    };
    const release = { ...said, note: "locked out", rule: "breakGlass[0]", reviewers: ["leads"] };
    const resolution = { ...said, ran: false, note: "no row" };
    const open = { ...release, review: null };
    sidecar.answer(
      `GET /api/approvals/${twin.id}`,
      200,
      detailed({ ...twin, state: "unknown", rule, release: open, resolution }),
    );
    const { stdout } = await govern("approvals", "show", twin.id);
    expect(stdout).toContain("approvals[0] (govern.yaml:12)");
    expect(stdout).toContain("and a reason, and a ticket that fits OPS-\\d+");
    expect(stdout).toContain("alone by ana at 2026-05-04 11:00:00: locked out (breakGlass[0])");
    expect(stdout).toContain("open: by leads");
    expect(stdout).toContain("it did not run, by ana at 2026-05-04 11:00:00: no row");
  });

  it("lists what is to be reviewed or resolved, in whatever state", async () => {
    sidecar.answer("GET /api/approvals?app=desk&mine=true&unreviewed=true", 200, [twin]);
    const flags = ["--unreviewed", "--mine", "--app", "desk", "--json"];
    const run = await govern("approvals", "list", ...flags);
    expect(JSON.parse(run.stdout)).toEqual([twin]);
  });

  it("cancels", async () => {
    sidecar.answer(`POST /api/approvals/${twin.id}/cancel`, 200, { ...twin, state: "cancelled" });
    expect(await govern("approvals", "cancel", twin.id)).toMatchObject({ code: 0 });
  });

  it.each([["7Qk"], ["nothing"]])("refuses the id %s that does not name one", async (id) => {
    const { code, stderr } = await govern("approvals", "deny", id);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[approval-unknown\]: .*\n→ .*list/);
    expect(sidecar.received.every(({ call }) => call.startsWith("GET"))).toBe(true);
  });

  it("ends with 1 and the sidecar's own code when it refuses", async () => {
    const detail = "sam asked for it.";
    sidecar.answer(`POST /api/approvals/${pending.id}/decision`, 403, {
      code: "own-request",
      detail,
    });
    const { code, stderr } = await govern("approvals", "approve", pending.id, "--as", "sam");
    expect(code).toBe(1);
    expect(stderr).toContain("error[own-request]: sam asked for it.");
  });
});
