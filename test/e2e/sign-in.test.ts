/** A person signs in and out with a browser at a real provider: its own form, its own cookies, every policy in force. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchChromium } from "../browser/chromium.ts";
import { startGovernedDesk, type GovernedDesk } from "../identity-provider/governed-desk.ts";

describe("a browser at a real provider", () => {
  let desk: GovernedDesk;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    [desk, browser] = await Promise.all([
      startGovernedDesk({ provider: { interactive: true } }),
      launchChromium(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await desk?.stop();
  });
  beforeEach(async () => {
    complaints.length = 0;
    page = await (await browser.newContext()).newPage();
    page.on("console", (message) => {
      if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await page.context().close();
  });

  /** Fills in the provider's form, as the person would. */
  const signIn = async (user: string): Promise<void> => {
    await page.locator('input[name="login"]').fill(user);
    await page.locator('input[name="password"]').fill("anything");
    await page.locator('button[type="submit"]').click();
  };
  const cookieNames = async (): Promise<string[]> =>
    (await page.context().cookies(desk.operatorUrl)).map(({ name }) => name);
  const shoot = async (name: string): Promise<void> => {
    const folder = process.env["SCREENSHOTS"];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  };

  it("comes back to the path that was asked for, signed in, with a cookie that no script reads", async () => {
    await page.goto(`${desk.appUrl}/orders?state=open`);
    await shoot("provider");
    await signIn("sam");
    await page.waitForURL(`${desk.appUrl}/orders?state=open`);
    const me = await page.evaluate(async () => {
      const answer = await fetch("/_govern/me");
      return { who: (await answer.json()) as unknown, cookies: document.cookie };
    });
    expect(me).toEqual({
      who: { subject: "sam", issuer: desk.provider.issuer, groups: ["support"] },
      cookies: "",
    });
    const [cookie, ...others] = await page.context().cookies(desk.appUrl);
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({
      name: "__Host-govern-app",
      httpOnly: true,
      secure: true,
      sameSite: "Lax",
      path: "/",
    });
  });

  it("is signed out of the operator origin and of the provider by one button", async () => {
    await page.goto(`${desk.operatorUrl}/`);
    await signIn("ana");
    await page.getByRole("heading", { name: "Approvals" }).waitFor();
    expect(await cookieNames()).toEqual(["__Host-govern-operator"]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL((url) => url.origin === desk.provider.issuer);
    await shoot("leaving");
    await page.locator('button[value="yes"]').click();
    await page.waitForURL(`${desk.operatorUrl}/_govern/signed-out**`);
    await page.getByRole("heading", { name: "You are signed out" }).waitFor();
    await shoot("signed-out");
    expect(await cookieNames()).toEqual([]);
    await page.getByRole("link", { name: "Sign in again" }).click();
    await page.locator('input[name="login"]').waitFor();
    expect(complaints).toEqual([]);
  });

  it("is told why it is not signed in, and can try again", async () => {
    desk.provider.people.set("odd", () => ({ groups: { team: "leads" } }));
    await page.goto(`${desk.appUrl}/`);
    await signIn("odd");
    await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
    await shoot("not-signed-in");
    expect(await page.locator("main").innerText()).toContain("neither a text nor a list of texts");
    await page.getByRole("link", { name: "Try again" }).click();
    await page.waitForURL((url) => url.origin === desk.provider.issuer || url.pathname !== "/");
    expect(complaints).toEqual([]);
  });

  it("is told that the provider is out of reach, and gets in once it is back", async () => {
    await desk.provider.stop();
    await desk.restart();
    await page.goto(`${desk.appUrl}/`);
    await page.getByRole("heading", { name: "Signing in is not possible now" }).waitFor();
    await shoot("out-of-reach");
    await desk.provider.resume();
    desk.ahead = 5_000;
    await page.getByRole("link", { name: "Try again" }).click();
    await signIn("sam");
    await page.waitForURL(`${desk.appUrl}/`);
  });
});
