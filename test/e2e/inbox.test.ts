/** The approvals' page in a real browser: what is shown, decisions by keyboard, live, and accessible in both themes. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import { signIn, type Tab } from "../sidecar/client.ts";
import {
  apiPath,
  startUpstream,
  updateAgentDigest,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "../sidecar/desk-workspace.ts";

const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const hostile = "<img src=x onerror=alert(1)>\u202egpj.exe\u0007 p\u0430ypal";
const patience = { timeout: 30_000 };

const rules = (text: string): string =>
  text
    .replace("kim: [dev], lou: []", "kim: [dev], lee: [leads], lou: []")
    .replace('"sqlite:./agents.db" }', '"sqlite:./agents.db", preview: true }')
    .replace(
      "    quorum: 1\n",
      '    quorum: 1\n    ticket: "OPS-\\\\d+"\n    justification: required\n',
    )
    .concat(
      'breakGlass:\n  - { people: [lou], release: ["desk/write"], window: 15m, reviewers: [leads] }\n',
    );

describe("the page of approvals", () => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let sidecar: RunningSidecar;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let sam: Tab;
  let problems: string[];

  beforeAll(async () => {
    upstream = await startUpstream();
    desk = writeDesk(upstream.port, rules);
    sidecar = await startSidecar({
      workspaceDir: desk.folder,
      host: "127.0.0.1",
      port: 0,
      operatorPort: 0,
      dev: true,
      storeWriter,
    });
    sam = await signIn({ port: sidecar.port, host: "desk.localhost" }, "sam");
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await sidecar?.close();
    await upstream?.stop();
    desk?.remove();
  });

  const open = async (user: string, path = "/"): Promise<void> => {
    await page.goto(`${sidecar.operatorUrl}${path}`);
    await page.getByRole("button", { name: new RegExp(user) }).click();
    await page.getByRole("navigation", { name: "Lists" }).waitFor();
    if (path !== "/") await page.getByRole("article").waitFor();
  };
  beforeEach(async () => {
    problems = [];
    context = await browser.newContext({ viewport: { width: 1400, height: 1000 } });
    page = await context.newPage();
    page.setDefaultTimeout(patience.timeout);
    page.on("dialog", (dialog) => {
      problems.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("pageerror", (error) => problems.push(error.message));
  });
  afterEach(async () => {
    await context.close();
    expect(problems).toEqual([]);
  });

  const refund = async (amount: number, note = "late"): Promise<string> => {
    const held = await sam.post(`${apiPath}/v2/tickets/7/refunds`, { amount, note });
    return (held.json() as { ticket: string }).ticket;
  };
  const rescore = async (score: number): Promise<string> => {
    const held = await sam.post("/_govern/sql/neon", {
      digest: updateAgentDigest,
      values: [score, 1],
    });
    return (held.json() as { ticket: string }).ticket;
  };
  const row = (id: string) => page.locator(`a[data-id="${id}"]`);
  const wish = async (key: string): Promise<void> => {
    await page.keyboard.press(key);
    await page.locator(".decide input:focus").waitFor();
  };
  const look = async (name: string): Promise<void> => {
    const folder = process.env["SCREENSHOTS"];
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  };
  const faults = async (): Promise<string[]> => {
    // The page's own policy lets no script in: the driver's world is another.
    const session = await context.newCDPSession(page);
    const { frameTree } = await session.send("Page.getFrameTree");
    const { executionContextId: contextId } = await session.send("Page.createIsolatedWorld", {
      frameId: frameTree.frame.id,
    });
    await session.send("Runtime.evaluate", { expression: axe, contextId });
    const { result } = await session.send("Runtime.evaluate", {
      expression: `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" | ")))`,
      contextId,
      awaitPromise: true,
      returnByValue: true,
    });
    return result.value as string[];
  };

  it("shows what is held with nothing hidden, and takes a decision by keyboard", async () => {
    const id = await refund(41, hostile);
    await open("ana");
    await row(id).waitFor();
    await page.keyboard.press("j");
    const article = page.getByRole("article");
    await article.waitFor();
    expect(new URL(page.url()).pathname).toBe(`/approvals/${id}`);
    const text = await article.innerText();
    for (const said of [
      "Create refund of ticket 7",
      "sam",
      "41",
      String.raw`\u{202e}gpj.exe\u{7}`,
    ]) {
      expect(text).toContain(said);
    }
    expect(text).toContain("letters of several alphabets");
    expect(text).toContain("1 person of leads, with a reason, with a ticket that fits OPS-\\d+");
    expect(await page.locator("img").count()).toBe(0);
    await look("approval");
    await wish("a");
    await page.keyboard.type("agreed by phone");
    await page.keyboard.press("Tab");
    await page.keyboard.type("OPS-17");
    await page.keyboard.press("Enter");
    await page.getByRole("status").getByText("Approve: done.").waitFor();
    await expect.poll(() => upstream.seen.at(-1)?.body).toContain('"amount":41');
    await article.getByText("executed", { exact: true }).waitFor();
  });

  it("says what an approval lacks, and leaves it as it is", async () => {
    const id = await refund(42);
    await open("ana", `/approvals/${id}`);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByLabel("Reason").fill("agreed");
    await page.getByRole("textbox", { name: /Ticket/ }).fill("none");
    await page.getByRole("button", { name: "Approve" }).click();
    await page
      .getByRole("alert")
      .getByText(/asks for a ticket/)
      .waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByLabel("Reason").press("Enter");
    await page.getByText("Deny: done.").waitFor();
  });

  it("is told at once of what is held, decided elsewhere and gone", async () => {
    await open("ana");
    const id = await refund(43);
    await row(id).waitFor();
    const twin = await refund(43);
    await row(twin).getByText("1 identical").waitFor();
    const lee = await signIn({ port: sidecar.operatorPort, host: "govern.localhost" }, "lee");
    for (const one of [id, twin]) {
      await lee.post(`/api/approvals/${one}/decision`, { decision: "deny" });
    }
    await row(id).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "History" }).click();
    await row(twin).waitFor();
    await look("history");
  });

  it("shows requesters their own, which they may cancel and not decide", async () => {
    const id = await refund(44);
    await open("sam", `/approvals/${id}`);
    await page.getByText("somebody else decides").waitFor();
    expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(0);
    await wish("c");
    await page.keyboard.press("Enter");
    await page.getByText("Cancel: done.").waitFor();
  });

  it("shows what a statement would change, before it does", async () => {
    const id = await rescore(8);
    await open("ana", `/approvals/${id}`);
    await page.getByRole("button", { name: "Show before and after" }).click();
    const changed = page.getByRole("row", { name: /score/ });
    await expect.poll(() => changed.last().innerText()).toMatch(/score\s+7\s+8/);
    await look("preview");
    await wish("c");
    await page.keyboard.press("Enter");
    await page.getByText("Cancel: done.").waitFor();
  });

  it("breaks the glass by a named person, alarms everybody, and closes the review by another", async () => {
    const id = await refund(45);
    await open("lou", `/approvals/${id}`);
    await wish("b");
    await page.keyboard.type("the customer is locked out");
    await page.keyboard.press("Enter");
    await page.getByText("Break the glass: done.").waitFor();
    await expect.poll(() => upstream.seen.at(-1)?.body).toContain('"amount":45');
    // The page of one who is signed out goes to the sign-in by itself.
    await page.goto("about:blank");
    await context.clearCookies();
    await open("ana");
    await page
      .getByRole("alert")
      .getByText(/glass was broken/)
      .waitFor();
    await look("alarm");
    await page.getByRole("button", { name: "Show" }).click();
    await row(id).click();
    await page.getByRole("article").waitFor();
    await wish("r");
    await page.keyboard.type("agreed with the customer");
    await page.keyboard.press("Enter");
    await page.getByText("Review: done.").waitFor();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  it.each(["light", "dark"] as const)(
    "is accessible in the %s theme, wide and on a phone",
    async (theme) => {
      const id = await refund(46, hostile);
      await page.emulateMedia({ colorScheme: theme });
      await open("ana", `/approvals/${id}`);
      await page.getByRole("article").waitFor();
      expect(await faults()).toEqual([]);
      await look(`wide-${theme}`);
      await page.getByRole("button", { name: "Approve" }).click();
      expect(await faults()).toEqual([]);
      await page.setViewportSize({ width: 390, height: 844 });
      await look(`phone-${theme}`);
      expect(await faults()).toEqual([]);
      expect(
        await page.evaluate("document.documentElement.scrollWidth <= innerWidth"),
        "nothing is cut off",
      ).toBe(true);
      await page.getByRole("button", { name: "← All" }).click();
      await row(id).waitFor();
      await look(`phone-list-${theme}`);
      expect(await faults()).toEqual([]);
      await page.getByRole("button", { name: "Figures" }).click();
      await page.getByText("Median wait").first().waitFor();
      await page.setViewportSize({ width: 1400, height: 1000 });
      await look(`figures-${theme}`);
      expect(await faults()).toEqual([]);
      const ana = await signIn({ port: sidecar.operatorPort, host: "govern.localhost" }, "ana");
      await ana.post(`/api/approvals/${id}/cancel`, {});
    },
  );

  it("counts how people decide", async () => {
    await open("ana");
    await page.getByRole("button", { name: "Figures" }).click();
    const figure = (name: string) => page.locator(".figure", { hasText: name }).locator("dd");
    await figure("Released alone").getByText("1", { exact: true }).waitFor();
    expect(Number(await figure("Held").innerText())).toBeGreaterThanOrEqual(8);
    expect(await figure("Asked for again").innerText()).toBe("2");
    const anas = page.getByRole("row", { name: /^ana/ });
    expect(await anas.innerText()).toMatch(/ana\s+2\s+50 %/);
  });
});
