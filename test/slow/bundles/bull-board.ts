/** `@bull-board/ui`: queues and their jobs (rspack, axios in a class; its base is the page's `<base>`). */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Asked, Given } from "../../side-by-side/upstream.ts";
import type { RealApp } from "./real-app.ts";

const counts = { active: 0, waiting: 1, "waiting-children": 0, prioritized: 0, completed: 1 };
const job = {
  id: "41",
  name: "send-receipt",
  timestamp: 1_767_607_200_000,
  processedOn: 1_767_607_201_000,
  finishedOn: 1_767_607_202_000,
  progress: 0,
  attempts: 1,
  attemptsMade: 1,
  delay: 0,
  stacktrace: ["Error: mailbox full"],
  failedReason: "mailbox full",
  opts: { attempts: 1 },
  data: { to: "ana@acme.example" },
  returnValue: null,
  isFailed: true,
};
const queue = {
  name: "receipts",
  displayName: "Receipts",
  description: "",
  type: "bullmq",
  delimiter: "",
  readOnlyMode: false,
  allowRetries: true,
  allowCompletedRetries: true,
  isPaused: false,
  statuses: ["latest", "active", "waiting", "completed", "failed", "delayed", "paused"],
  counts: { ...counts, failed: 1, delayed: 0, paused: 0, latest: 0 },
  jobs: [job],
  pagination: { pageCount: 1, range: { start: 0, end: 9 } },
};

const answers: Readonly<Record<string, unknown>> = {
  "GET /api/queues": { queues: [queue] },
  "GET /api/redis/stats": {
    version: "7.2.0",
    mode: "standalone",
    port: 6379,
    os: "Linux",
    uptime: "3 days",
    memory: { total: 1024, used: 512, fragmentationRatio: 1, policy: "noeviction" },
    clients: { connected: 2, blocked: 0 },
  },
  "GET /api/queues/receipts/41": { job, status: "failed" },
  "GET /api/queues/receipts/41/logs": ["connecting", "refused"],
  "PUT /api/queues/receipts/retry/failed": {},
};

function answer({ method, url }: Asked): Given | undefined {
  const body = answers[`${method} ${url.replace(/\?.*$/, "")}`];
  return body === undefined ? undefined : { body };
}

/** The server's template, as its server renders it. */
function rendered(template: string): string {
  return template
    .replace("<%= basePath %>", "/")
    .replace("<%= title %>", "Queues")
    .replace("<%= favIconAlternative %>", "static/favicon-32x32.png")
    .replace("<%= favIconDefault %>", "static/images/logo.svg")
    .replace("<%- uiConfig %>", "{}")
    .replace(/<link href="https:\/\/fonts[^>]*>/, "");
}

export const bullBoard: RealApp = {
  name: "bull-board",
  package: ["@bull-board/ui", "9.10.2"],
  folderIn(unpacked) {
    const folder = join(unpacked, "rendered");
    mkdirSync(folder, { recursive: true });
    cpSync(join(unpacked, "dist/static"), join(folder, "static"), { recursive: true });
    const template = readFileSync(join(unpacked, "dist/index.ejs"), "utf8");
    writeFileSync(join(folder, "index.html"), rendered(template));
    return folder;
  },
  keys: ["{baseHref}"],
  held: ["PUT /api/queues/{queueId}/retry/{retryId}"],
  answers: answer,
  async script({ page, home, look, approve }) {
    await page.goto(home);
    const shown = (text: string) => page.locator(`text=${text} >> visible=true`).first();
    await shown("Receipts").waitFor();
    await look("queues");
    await shown("Receipts").click();
    await shown("send-receipt").waitFor();
    await look("jobs");
    await page.getByRole("tab", { name: "Data" }).click();
    await shown("ana@acme.example").waitFor();
    await look("data");
    await page.getByRole("tab", { name: "Logs" }).click();
    await shown("refused").waitFor();
    await look("logs");
    await shown("FAILED").click();
    await look("failed");
    await shown("send-receipt").click();
    await look("job");
    await page.goBack();
    await page.getByRole("button", { name: "Retry all" }).click();
    await page.getByRole("button", { name: "Confirm" }).click();
    await approve();
    await look("retried");
  },
};
