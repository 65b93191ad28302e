/** The console's page for the trail in a real browser: search, a story, verification, and nothing that a call said runs. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import { send, signIn } from "../sidecar/client.ts";
import {
  apiPath,
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "../sidecar/desk-workspace.ts";

const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);
const patience = { timeout: 30_000 };
const hostile = "<img src=x onerror=alert(1)>\u202egpj.exe\u0007";

describe("the page of the trail", () => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let sidecar: RunningSidecar;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    upstream = await startUpstream();
    desk = writeDesk(upstream.port);
    sidecar = await startSidecar({
      workspaceDir: desk.folder,
      host: "127.0.0.1",
      port: 0,
      operatorPort: 0,
      dev: true,
      storeWriter,
    });
    const sam = await signIn({ port: sidecar.port, host: "desk.localhost" }, "sam");
    await sam.send({ path: `${apiPath}/v2/tickets/7` });
    await sam.send({ path: `/nowhere/${encodeURIComponent(hostile)}` });
    const held = await sam.post(`${apiPath}/v2/tickets/7/refunds`, { amount: 5, note: "late" });
    const { ticket } = held.json() as { ticket: string };
    const socket = join(desk.folder, ".govern/control.sock");
    await send(
      { socket },
      {
        method: "POST",
        path: `/api/approvals/${ticket}/decision`,
        headers: { "content-type": "application/json", "govern-as": "ana" },
        body: JSON.stringify({ decision: "approve", reason: hostile }),
      },
    );
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox"],
    });
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.on("dialog", (dialog) => {
      problems.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(`${sidecar.operatorUrl}/audit`);
    await page.getByRole("button", { name: /ana/ }).click();
    await page.getByRole("table").waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await sidecar?.close();
    await upstream?.stop();
    desk?.remove();
  });

  it("shows entries as texts, with what would turn or hide them made visible", async () => {
    const refused = page.getByRole("row", { name: /nowhere/ });
    expect(await refused.innerText()).toContain("%3Cimg");
    expect(await page.locator("img").count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it("finds entries by what is asked for, and remembers it in the address", async () => {
    await page.getByLabel("Type").selectOption("refused");
    await page.getByRole("button", { name: "Search" }).click();
    await expect.poll(() => page.locator("tbody tr").count(), patience).toBe(1);
    expect(page.url()).toContain("type=refused");
    await page.getByLabel("Type").selectOption("");
    await page.getByLabel("Since (UTC)").fill("no time");
    await page.getByRole("button", { name: "Search" }).click();
    expect(await page.getByRole("alert").innerText()).toContain("cannot be read");
    await page.getByLabel("Since (UTC)").fill("");
    await page.getByLabel("Person").fill("ana");
    await page.getByRole("button", { name: "Search" }).click();
    await expect
      .poll(() => page.locator("tbody tr").first().innerText(), patience)
      .toContain("ana");
    await page.getByLabel("Person").fill("");
    await page.getByRole("button", { name: "Search" }).click();
  });

  it("tells the story of a held call from request to execution", async () => {
    await page.getByRole("row", { name: /held/ }).first().getByRole("button").click();
    const steps = page.locator(".story li strong");
    await expect.poll(() => upstream.seen.length, patience).toBeGreaterThan(1);
    await expect
      .poll(() => steps.allInnerTexts(), patience)
      .toEqual(["Request, held for approval", "Decision", "Execution begins", "Execution"]);
    const story = await page.locator(".story").innerText();
    expect(story).toContain("<img src=x onerror=alert(1)>\\u{202e}gpj.exe\\u{7}");
    expect(await page.locator(".story img").count()).toBe(0);
  });

  it("verifies when it is asked to, and says how far the trail is signed", async () => {
    await page.getByRole("button", { name: "Verify now" }).click();
    await expect
      .poll(() => page.locator("#status").innerText(), patience)
      .toMatch(/Verified .*: \d+ entries/);
    const shots = process.env["GOVERN_SCREENSHOTS"];
    if (shots !== undefined) {
      mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: join(shots, "trail.png") });
    }
    expect(problems.filter((text) => !text.includes("400"))).toEqual([]);
  });

  it("is served under a policy that runs its own script alone", async () => {
    const answer = await page.goto(`${sidecar.operatorUrl}/audit`);
    const policy = answer?.headers()["content-security-policy"] ?? "";
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toContain("unsafe");
    expect(policy).toContain("frame-ancestors 'none'");
  });
});
