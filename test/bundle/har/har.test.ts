import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inspectBundle } from "../../../src/bundle/inspect.ts";
import { readHar } from "../../../src/bundle/har/read-har.ts";
import { inspectReportSchema, type InspectReport } from "../../../src/contract/build.ts";

const app = `const load=id=>fetch("/api/accounts/"+id+"/notes");
const save=(id,body)=>fetch("/api/accounts/"+id,{method:"POST",body:JSON.stringify(body)});
const orders=()=>fetch(window.config.apiUrl+"/orders?state=late");
const any=u=>fetch(u,{method:pick()});
addEventListener("message",e=>any(e.data.url));use(load,save,orders,"payouts","approve");
`;
const openColumn = app.split("\n")[3]?.indexOf("fetch") ?? 0;

const page = "https://desk.acme.example";
const secrets = ["tok-7Hq2", "sid=9f8e7d", "ana@acme.example", "Bearer abc123", "IBAN42"];

interface Sent {
  readonly method?: string;
  readonly url: string;
  readonly type?: string;
  readonly body?: object;
  readonly line?: number;
}

function entry({ method = "GET", url, type = "fetch", body, line }: Sent): object {
  const frame = {
    url: `${page}/assets/app.js`,
    lineNumber: (line ?? 1) - 1,
    columnNumber: openColumn,
  };
  return {
    startedDateTime: "2027-01-11T10:00:00.000Z",
    request: {
      method,
      url,
      httpVersion: "HTTP/2",
      cookies: [{ name: "sid", value: "9f8e7d" }],
      headers: [
        { name: "Cookie", value: "sid=9f8e7d" },
        { name: "Authorization", value: "Bearer abc123" },
      ],
      queryString: [],
      ...(body === undefined
        ? {}
        : { postData: { mimeType: "application/json", text: JSON.stringify(body) } }),
    },
    response: {
      status: 200,
      content: { mimeType: type === "document" ? "text/html" : "application/json" },
    },
    _resourceType: type,
    ...(line === undefined
      ? {}
      : { _initiator: { type: "script", stack: { callFrames: [frame] } } }),
  };
}

const har = {
  log: {
    version: "1.2",
    pages: [{ title: `${page}/`, id: "page_1" }],
    entries: [
      entry({ url: `${page}/`, type: "document" }),
      entry({ url: `${page}/assets/app.js`, type: "script" }),
      entry({ url: `${page}/api/accounts/4711/notes`, line: 1 }),
      entry({ url: `${page}/api/accounts/4712/notes`, line: 1 }),
      entry({
        method: "POST",
        url: `${page}/api/accounts/4711`,
        body: { iban: "IBAN42" },
        line: 2,
      }),
      entry({ url: "https://shop.acme.example/v2/orders?state=late", line: 3 }),
      entry({
        method: "PUT",
        url: `${page}/api/payouts/ana@acme.example/approve?token=tok-7Hq2`,
        body: { amount: 12, note: "IBAN42" },
        line: 4,
      }),
      entry({ method: "DELETE", url: `${page}/api/accounts/4711/tok-7Hq2`, line: 9 }),
      entry({ method: "OPTIONS", url: "https://shop.acme.example/v2/orders", type: "preflight" }),
    ],
  },
};

let folder = "";
let report: InspectReport;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "govern-har-"));
  writeFileSync(join(folder, "app.js"), app);
  writeFileSync(join(folder, "traffic.har"), JSON.stringify(har));
  report = await inspectBundle(join(folder, "app.js"), {
    app: "desk",
    har: [join(folder, "traffic.har")],
  });
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("recorded traffic", () => {
  test("confirms operations and says what their holes held", () => {
    const notes = report.operations.find(
      (one) => one.kind === "http" && one.path === "/api/accounts/{accountId}/notes",
    );
    expect(report.observations?.operations[notes?.id ?? ""]).toEqual({
      requests: 2,
      holes: { accountId: "integer" },
    });
    expect(report.observations?.requests).toBe(6);
  });

  test("tells where a base was that only the run time knows", () => {
    expect(report.observations?.bases).toEqual({ "{apiUrl}": "https://shop.acme.example/v2" });
  });

  test("gives an open site what it sent, marked as observed, and leaves it open", () => {
    const site = report.sites.find(({ status }) => status === "open");
    const seen = report.operations.filter(({ id }) => site?.operations.includes(id) ?? false);
    expect(seen).toMatchObject([
      {
        access: "write",
        observed: true,
        method: "PUT",
        origin: "same-origin",
        path: "/api/payouts/{payoutId}/approve",
        query: { fields: { token: "string" }, open: false },
        body: { type: "json", fields: { amount: "number", note: "string" }, open: true },
      },
    ]);
  });

  test("lists what nothing explains and registers none of it", () => {
    expect(report.observations?.unexplained).toEqual([
      {
        method: "DELETE",
        origin: "same-origin",
        path: "/api/accounts/{accountId}/{accountId2}",
        query: [],
        requests: 1,
      },
    ]);
    expect(report.operations.some((one) => one.kind === "http" && one.method === "DELETE")).toBe(
      false,
    );
  });

  test("leaves no value in what is told", () => {
    const told = JSON.stringify(report);
    for (const secret of [...secrets, "4711"]) expect(told.includes(secret), secret).toBe(false);
    expect(() => inspectReportSchema.parse(report)).not.toThrow();
  });

  test("changes nothing about operations that the bundle proves", async () => {
    const alone = await inspectBundle(join(folder, "app.js"), { app: "desk" });
    const proven = report.operations.filter(({ observed }) => observed === undefined);
    expect(proven).toEqual(alone.operations);
    expect(alone.observations).toBeUndefined();
  });
});

describe("a file that is no recording", () => {
  test.each([
    ["missing", null, /no such file/],
    ["not JSON", '{"log": Bearer abc123', /not JSON/],
    ["of another shape", '{"log":{"entries":{}}}', /log\.entries is missing/],
    [
      "with a broken entry",
      '{"log":{"entries":[{"request":{"method":"GET"}}]}}',
      /log\.entries\[0\]\.request\.url/,
    ],
    [
      "with no address",
      '{"log":{"entries":[{"request":{"method":"GET","url":"tok-7Hq2"}}]}}',
      /entries\[0\]\.request\.url is no address/,
    ],
    ["a number", "7", /missing or of another type/],
  ])("%s is refused with its place and without its text", async (name, text, message) => {
    const path = join(folder, `${name.replaceAll(" ", "-")}.har`);
    if (text !== null) writeFileSync(path, text);
    const fault: unknown = await readHar(path).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "har-invalid" });
    expect(String(fault)).toMatch(message);
    for (const secret of secrets) expect(String(fault)).not.toContain(secret);
  });
});
