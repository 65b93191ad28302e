/** The main job in a real browser: the governed support console, from sign-in to the approved credit. */
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { BrowserContext, Locator, Page, Request } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ApprovalView } from "../../src/contract/approval.ts";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import { secrets, startGovernedConsole, type GovernedConsole } from "./governed-console.ts";

const account = "acc-1001";
const formatted = (cents: number): string =>
  new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" }).format(cents / 100);

const notice = (on: Page): Locator => on.locator("govern-notice");
const balanceOn = (on: Page): Promise<string> => on.getByTestId("balance").innerText();

async function issueCredit(on: Page, amount: string): Promise<void> {
  await on.getByLabel("Amount (USD)").fill(amount);
  await on.getByLabel("Reason").fill("late delivery");
  await on.getByRole("button", { name: "Issue credit" }).click();
  await notice(on).waitFor({ state: "attached" });
}

describe("the governed support console", () => {
  let app: GovernedConsole;
  let context: BrowserContext;
  let page: Page;
  const sent: Request[] = [];

  beforeAll(async () => {
    app = await startGovernedConsole();
  });
  afterAll(async () => {
    await app?.stop();
  });

  beforeEach(async () => {
    sent.length = 0;
    context = await app.browser.newContext();
    context.on("request", (request) => sent.push(request));
    page = await context.newPage();
    await signIn(page);
  });
  afterEach(async () => {
    await context.close();
    for (const approval of await pending())
      await app.govern("approvals", "deny", approval.id, "--as", "ana");
  });

  async function signIn(on: Page): Promise<void> {
    await on.goto(app.appUrl);
    await on.getByRole("button", { name: /sam/ }).click();
    await on.getByRole("button", { name: /Northwind Traders/ }).click();
    await on.getByTestId("balance").waitFor();
  }

  async function pending(): Promise<ApprovalView[]> {
    const listed = await app.govern("approvals", "list", "--state", "pending", "--json");
    return JSON.parse(listed.stdout) as ApprovalView[];
  }

  async function onlyPending(): Promise<ApprovalView> {
    const [approval, ...others] = await pending();
    expect(others).toEqual([]);
    if (approval === undefined) throw new Error("nothing is pending");
    return approval;
  }

  async function trail(): Promise<AuditEntry[]> {
    const listed = await app.govern("audit", "list", "--json", "--limit", "1000");
    return JSON.parse(listed.stdout) as AuditEntry[];
  }

  it("holds a credit, and the same page shows the new balance once a lead approved", async () => {
    const before = app.balance(account);
    await issueCredit(page, "12.50");
    await expect
      .poll(() => notice(page).getAttribute("aria-label"))
      .toMatch(/waiting for approval/i);
    expect(app.balance(account)).toBe(before);
    expect(await balanceOn(page)).toBe(formatted(before));

    const held = await onlyPending();
    expect(held).toMatchObject({
      requester: { subject: "sam" },
      arguments: { body: { amount: 12.5 } },
    });
    const approved = await app.govern("approvals", "approve", held.id, "--as", "ana");
    expect(approved).toMatchObject({ status: 0 });

    await page.getByText(`New balance: ${formatted(before + 1250)}`).waitFor();
    await expect.poll(() => balanceOn(page)).toBe(formatted(before + 1250));
    expect(app.balance(account)).toBe(before + 1250);
    await expect.poll(() => notice(page).count()).toBe(0);
  });

  it("gives a denial to the app's own error path, for HTTP and for SQL", async () => {
    const before = app.balance(account);
    await issueCredit(page, "30");
    await app.govern(
      "approvals",
      "deny",
      (await onlyPending()).id,
      "--as",
      "ana",
      "--reason",
      "not agreed",
    );
    await page.getByText(/Credit failed: /).waitFor();
    expect(app.balance(account)).toBe(before);

    await page.getByRole("button", { name: "Close account" }).click();
    await notice(page).waitFor({ state: "attached" });
    await app.govern("approvals", "deny", (await onlyPending()).id, "--as", "ana");
    await page.getByText(/Could not close the account: /).waitFor();
    expect(app.status(account)).not.toBe("closed");
  });

  it("keeps a held credit over a reload, and shows it", async () => {
    const before = app.balance(account);
    await issueCredit(page, "3");
    await page.reload();
    await page.getByTestId("balance").waitFor();
    await notice(page).waitFor({ state: "attached" });
    expect(await balanceOn(page)).toBe(formatted(before));
    await app.govern("approvals", "approve", (await onlyPending()).id, "--as", "ana");
    await expect.poll(() => app.balance(account)).toBe(before + 300);
    await page.reload();
    await page.getByTestId("balance").waitFor();
    expect(await balanceOn(page)).toBe(formatted(before + 300));
  });

  it("keeps a held credit over a restart of the sidecar", async () => {
    const before = app.balance(account);
    await issueCredit(page, "4");
    await app.restart();
    const approved = await app.govern(
      "approvals",
      "approve",
      (await onlyPending()).id,
      "--as",
      "ana",
    );
    expect(approved).toMatchObject({ status: 0 });
    await page.getByText(`New balance: ${formatted(before + 400)}`).waitFor();
  });

  it("serves a second tab meanwhile, whose identical credit is an approval of its own", async () => {
    const before = app.balance(account);
    await issueCredit(page, "5");
    const second = await context.newPage();
    await second.goto(`${app.appUrl}/#${account}`);
    await second.getByTestId("balance").waitFor();
    expect(await balanceOn(second)).toBe(formatted(before));
    await issueCredit(second, "5");

    const held = await pending();
    expect(held).toHaveLength(2);
    expect(held[0]?.identical).toEqual([held[1]?.id]);
    for (const approval of held)
      await app.govern("approvals", "approve", approval.id, "--as", "ana");
    await page.getByText(/New balance: /).waitFor();
    await second.getByText(/New balance: /).waitFor();
    expect(app.balance(account)).toBe(before + 1000);
  });

  it("does not let the requester decide", async () => {
    const before = app.balance(account);
    await issueCredit(page, "6");
    const own = await app.govern("approvals", "approve", (await onlyPending()).id, "--as", "sam");
    expect(own.status).toBe(1);
    expect(own.stderr).toContain("own-request");
    expect(app.balance(account)).toBe(before);
    expect(await pending()).toHaveLength(1);
  });

  it("runs the app as before: list, search, filter, history", async () => {
    await expect.poll(() => page.locator(".account-row").count()).toBe(9);
    await page.getByLabel("Search accounts").fill("northwind");
    await expect.poll(() => page.locator(".account-row").count()).toBe(1);
    await page.getByLabel("Search accounts").fill("");
    await page.getByLabel("Status", { exact: true }).selectOption("past_due");
    await expect.poll(() => page.locator(".account-row").count()).toBe(2);
    await page.getByTestId("history").waitFor();
  });

  it("lets no SQL, credential or upstream address leave the page", async () => {
    await page.getByLabel("Search accounts").fill("northwind");
    await issueCredit(page, "7");
    await page.getByRole("button", { name: "Close account" }).click();
    await expect.poll(async () => (await pending()).length).toBe(2);
    expect(sent.length).toBeGreaterThan(10);
    for (const request of sent) {
      const said = `${request.url()} ${JSON.stringify(await request.allHeaders())} ${request.postData() ?? ""}`;
      expect(new URL(request.url()).origin).toBe(app.appUrl);
      expect(said).not.toMatch(/\b(select|update)\b.*\b(from|set)\b/i);
      expect(said).not.toContain("api.acme.example");
      for (const secret of secrets) expect(said).not.toContain(secret);
    }
  });

  it("serves no credential in any file", () => {
    const web = join(app.folder, "governed/apps/support-console/web");
    const files = readdirSync(web, { recursive: true, encoding: "utf8" }).filter((file) =>
      statSync(join(web, file)).isFile(),
    );
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      const text = readFileSync(join(web, file), "latin1");
      for (const secret of secrets) expect(text, file).not.toContain(secret);
    }
  });

  it("refuses and records a call through the page's globals that no operation covers", async () => {
    const answer = await page.evaluate(async () => {
      const send = (globalThis as unknown as Record<string, typeof fetch>)[
        ["fe", "tch"].join("")
      ] as typeof fetch;
      const response = await send("https://api.acme.example/api/accounts/acc-1001/refunds", {
        method: "POST",
      });
      return { status: response.status, body: (await response.json()) as { code: string } };
    });
    expect(answer).toMatchObject({ status: 403, body: { code: "unregistered" } });
    const refused = (await trail()).filter((entry) => entry.type === "refused");
    expect(JSON.stringify(refused)).toContain("/api/accounts/acc-1001/refunds");
  });

  describe("with a canary listening elsewhere", () => {
    let canary: Server;
    let heard: string[];
    let address: string;

    beforeEach(async () => {
      heard = [];
      canary = createServer((request, response) => {
        heard.push(request.url ?? "");
        response.writeHead(200, { "access-control-allow-origin": "*" }).end("heard");
      }).listen(0, "127.0.0.1");
      await once(canary, "listening");
      address = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`;
    });
    afterEach(async () => {
      canary.close();
      await once(canary, "close");
    });

    it("stops a script that takes a fresh realm's fetch", async () => {
      const outcome = await page.evaluate(async (target) => {
        const frame = document.body.appendChild(document.createElement("iframe"));
        const fresh = (frame.contentWindow as unknown as { fetch: typeof fetch } | null)?.fetch;
        if (fresh === undefined) return "no realm";
        return await fresh(`${target}/fresh`).then(
          () => "sent",
          () => "stopped",
        );
      }, address);
      expect(outcome).not.toBe("sent");
      expect(heard).toEqual([]);
    });

    it("stops a script that reaches for the operator origin", async () => {
      const outcome = await page.evaluate(async (operator) => {
        const frame = document.body.appendChild(document.createElement("iframe"));
        const fresh = (frame.contentWindow as unknown as { fetch: typeof fetch }).fetch;
        return await fresh(`${operator}/api/approvals`, { credentials: "include" }).then(
          () => "sent",
          () => "stopped",
        );
      }, app.operatorUrl);
      expect(outcome).toBe("stopped");
      // That the page's policy stopped it is all that is known of it: it never came there.
      const arrived = (await trail()).filter(
        ({ decision }) => !JSON.stringify(decision).includes('"page-blocked"'),
      );
      expect(JSON.stringify(arrived)).not.toContain("/api/approvals");
    });

    it("stops images, scripts, workers and imports to elsewhere", async () => {
      const stopped = page.evaluate(
        (target) =>
          new Promise<string[]>((resolve) => {
            const directives: string[] = [];
            document.addEventListener("securitypolicyviolation", (event) => {
              if (event.blockedURI.startsWith(target)) directives.push(event.effectiveDirective);
              if (directives.length === 3) resolve(directives.toSorted());
            });
          }),
        address,
      );
      await page.evaluate((target) => {
        new Image().src = `${target}/image`;
        document.body.appendChild(document.createElement("script")).src = `${target}/script.js`;
        try {
          new Worker(`${target}/worker.js`).terminate();
        } catch {
          // A worker of another origin throws before any request.
        }
      }, address);
      await page.evaluate(`void import("${address}/module.js").catch(() => undefined)`);
      expect(await stopped).toEqual(["img-src", "script-src-elem", "script-src-elem"]);
      expect(heard).toEqual([]);
    });

    it("lets no form and no frame go elsewhere", async () => {
      // A navigation that the policy blocks never ends for the driver, so the policy itself is read.
      const answer = await page.goto(`${app.appUrl}/`);
      const policy = answer?.headers()["content-security-policy"] ?? "";
      expect(policy.split(";")).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "form-action 'self'",
          "frame-ancestors 'none'",
        ]),
      );
      expect(policy).not.toContain("frame-src");
    });
  });

  it("leaves a trail that verifies and tells the story", async () => {
    const verified = await app.govern("audit", "verify");
    expect(verified.status).toBe(0);
    const types = new Set((await trail()).map((entry) => entry.type));
    expect([...types]).toEqual(
      expect.arrayContaining([
        "start",
        "login",
        "read",
        "held",
        "decision",
        "intent",
        "outcome",
        "refused",
      ]),
    );
    for (const secret of secrets) expect(JSON.stringify(await trail())).not.toContain(secret);
  });
});
