/** What of a browser's reports comes into the trail: each thing once an hour, a few a minute, nothing that stood in a query. */
import { beforeEach, expect, it } from "vitest";
import type { NewAuditEntry } from "../../src/contract/audit-entry.ts";
import type { ReceivedCall } from "../../src/sidecar/lifecycle.ts";
import { PageReports } from "../../src/sidecar/routes/app/page-reports.ts";
import { receivedCall } from "./sample-calls.ts";

const identity = { subject: "sam", issuer: "dev", groups: [], session: "s-1" };
let entries: NewAuditEntry[];
let time: number;
let reports: PageReports;

beforeEach(() => {
  entries = [];
  time = 1_000_000;
  const append = async (entry: NewAuditEntry): Promise<void> => {
    entries.push(entry);
  };
  reports = new PageReports({ append, now: () => time });
});

function callOf(type: string, body: unknown): ReceivedCall {
  const call = receivedCall();
  const request = {
    ...call.request,
    method: "POST",
    headers: new Map([["content-type", type]]),
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  };
  return { ...call, request };
}

const older = (blocked: string, more: object = {}): ReceivedCall =>
  callOf("application/csp-report", {
    "csp-report": {
      "effective-directive": "img-src",
      "blocked-uri": blocked,
      "source-file": "https://desk.example/assets/app.js?v=secret",
      "line-number": 7,
      ...more,
    },
  });

it("is the directive, the place and the file, without queries and credentials", async () => {
  await reports.take(older("https://ana:pw@cdn.example/a.png?token=secret#x"), identity);
  const page = {
    directive: "img-src",
    blocked: "https://cdn.example/a.png",
    file: "https://desk.example/assets/app.js",
    line: 7,
  };
  expect(entries).toMatchObject([
    {
      type: "refused",
      actor: { subject: "sam" },
      decision: { refused: "page-blocked" },
      outcome: { page },
    },
  ]);
  expect(JSON.stringify(entries)).not.toMatch(/secret|pw/);
});

it("is read from both kinds of report", async () => {
  const body = {
    effectiveDirective: "connect-src",
    blockedURL: "https://x.example/",
    lineNumber: 1,
  };
  const list = [
    { type: "csp-violation", body },
    { type: "deprecation", body: {} },
  ];
  await reports.take(callOf("application/reports+json", list), identity);
  expect(entries).toMatchObject([{ outcome: { page: { directive: "connect-src" } } }]);
});

it("is told once an hour for each session", async () => {
  for (let at = 0; at < 3; at++) await reports.take(older("https://a.example/"), identity);
  await reports.take(older("https://a.example/"), { ...identity, session: "s-2" });
  expect(entries).toHaveLength(2);
  time += 3_600_001;
  await reports.take(older("https://a.example/"), identity);
  expect(entries).toHaveLength(3);
});

it("is no more than twenty a minute for each session", async () => {
  for (let at = 0; at < 20; at++) await reports.take(older(`https://a${at}.example/`), identity);
  expect(await reports.take(older("https://b.example/"), identity)).toMatchObject({
    code: "rate-limited",
  });
  expect(entries).toHaveLength(20);
  time += 60_001;
  expect(await reports.take(older("https://c.example/"), identity)).toMatchObject({ status: 204 });
});

it.each<[string, ReceivedCall, string]>([
  ["another type", callOf("text/plain", "{}"), "invalid-arguments"],
  ["no JSON", callOf("application/csp-report", "{"), "invalid-arguments"],
  ["no report", callOf("application/csp-report", { a: 1 }), "invalid-arguments"],
  [
    "more than a request may carry",
    callOf(
      "application/reports+json",
      Array.from({ length: 21 }, () => ({})),
    ),
    "invalid-arguments",
  ],
  ["a large one", older("https://a.example/", { padding: "a".repeat(17_000) }), "too-large"],
])("is not %s", async (_name, call, code) => {
  expect(await reports.take(call, identity)).toMatchObject({ code });
  expect(entries).toEqual([]);
});

it("says nothing that a page made up but plain words", async () => {
  await reports.take(
    older("javascript\u001b[31m\u202ealert", { "effective-directive": "<b>" }),
    identity,
  );
  expect(entries).toMatchObject([
    { outcome: { page: { directive: "unknown", blocked: "javascript[31malert" } } },
  ]);
});
