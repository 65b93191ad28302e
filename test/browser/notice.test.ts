/** What the user of the page sees while calls wait, and after a reload. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { heldTickets, useProxyPage } from "./proxy-page.ts";

const at = useProxyPage();
const notice = (state: string) => at.page.locator(`govern-notice[data-state=${state}]`);
const label = () => at.page.locator("govern-notice").getAttribute("aria-label");

/** Starts a write in the page without waiting for it. */
async function startWrite(page: Page = at.page): Promise<void> {
  await page.evaluate(() => {
    void fetch("/api/credits", { method: "POST", body: "5" }).catch(() => undefined);
  });
}

describe("the notice", () => {
  it("appears while calls wait, counts them, and goes when none waits", async () => {
    at.server.hold = true;
    await startWrite();
    await notice("waiting").waitFor();
    expect(await label()).toBe("Waiting for approval");
    await startWrite();
    await expect.poll(label).toBe("Waiting for approval (2)");
    for (const ticket of await heldTickets(at.server, 2)) at.server.approve(ticket);
    await at.page.locator("govern-notice").waitFor({ state: "detached" });
  });

  it("is announced politely and can be dismissed by keyboard", async () => {
    at.server.hold = true;
    await startWrite();
    await at.page.getByRole("status", { name: "Waiting for approval" }).waitFor();
    const session = await at.page.context().newCDPSession(at.page);
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const named = nodes.map(({ role, name }) => `${String(role?.value)} ${String(name?.value)}`);
    expect(named).toContain("status Waiting for approval");
    expect(named).toContain("StaticText Waiting for approval");
    expect(named).toContain("button Dismiss");
    expect(named).toContain("button Show");
    await at.page.keyboard.press("Tab");
    await at.page.keyboard.press("Tab");
    await at.page.keyboard.press("Enter");
    await at.page.locator("govern-notice").waitFor({ state: "detached" });
    await startWrite();
    await notice("waiting").waitFor();
  });

  it("leads to the person's own requests, in a tab of their own", async () => {
    at.server.hold = true;
    await startWrite();
    await at.page.getByRole("status", { name: "Waiting for approval" }).waitFor();
    const opened = at.page.waitForEvent("popup");
    await at.page.keyboard.press("Tab");
    await at.page.keyboard.press("Enter");
    expect(new URL((await opened).url()).pathname).toBe("/_govern/requests");
  });

  it("moves nothing of the app's page and takes none of its styles", async () => {
    at.server.hold = true;
    await at.page.evaluate(() => {
      const style = document.createElement("style");
      style.textContent =
        "html > * { position: relative; font-size: 50px; color: red; transform: scale(3) } govern-notice { display: none }";
      document.head.append(style);
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push(entry.startTime);
      }).observe({ type: "layout-shift", buffered: false });
    });
    const place = () =>
      at.page.evaluate(() => {
        const { scrollWidth, scrollHeight } = document.documentElement;
        return [scrollWidth, scrollHeight, document.querySelector("h1")?.getBoundingClientRect()];
      });
    const before = await place();
    await startWrite();
    await notice("waiting").waitFor();
    expect(await place()).toEqual(before);
    expect(await at.page.evaluate("shifts")).toEqual([]);
    const box = await at.page.locator("govern-notice").boundingBox();
    const { width = 0, height = 0 } = at.page.viewportSize() ?? {};
    expect(box?.x).toBeGreaterThan(width / 2);
    expect(box?.height).toBeLessThan(60);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeCloseTo(height - 16, 0);
    expect(await at.page.evaluate("document.querySelector('govern-notice').shadowRoot")).toBeNull();
  });

  it("does not move for those who asked for less motion", async () => {
    at.server.hold = true;
    await startWrite();
    await notice("waiting").waitFor();
    const session = await at.page.context().newCDPSession(at.page);
    await session.send("DOM.enable");
    await session.send("CSS.enable");
    const { nodes } = await session.send("DOM.getFlattenedDocument", { depth: -1, pierce: true });
    const nodeId = nodes.find(({ nodeName }) => nodeName === "I")?.nodeId ?? 0;
    const animation = async (): Promise<string | undefined> => {
      const style = await session.send("CSS.getComputedStyleForNode", { nodeId });
      return style.computedStyle.find(({ name }) => name === "animation-name")?.value;
    };
    expect(await animation()).not.toBe("none");
    await at.page.emulateMedia({ reducedMotion: "reduce" });
    expect(await animation()).toBe("none");
  });

  it("says that a call was denied, until it is dismissed", async () => {
    at.server.hold = true;
    await startWrite();
    const [ticket = ""] = await heldTickets(at.server);
    at.server.refuse(ticket, "approval-denied");
    await notice("denied").waitFor();
    expect(await label()).toBe("Denied");
    await at.page.keyboard.press("Tab");
    await at.page.keyboard.press("Enter");
    await at.page.locator("govern-notice").waitFor({ state: "detached" });
  });
});

describe("after a reload", () => {
  it("still shows what waits, and says when it was done", async () => {
    at.server.hold = true;
    await startWrite();
    const [ticket = ""] = await heldTickets(at.server);
    await notice("waiting").waitFor();
    await at.page.reload();
    await notice("waiting").waitFor();
    at.server.approve(ticket);
    await notice("done").waitFor();
    expect(await label()).toBe("Approved and done – reload to see the result");
    expect(at.server.held.size).toBe(0);
    const loaded = at.page.waitForEvent("load");
    await at.page.keyboard.press("Tab");
    await at.page.keyboard.press("Enter");
    await loaded;
    await at.page.waitForTimeout(400);
    expect(await at.page.locator("govern-notice").count()).toBe(0);
  });

  it("says when it was denied", async () => {
    at.server.hold = true;
    await startWrite();
    const [ticket = ""] = await heldTickets(at.server);
    await notice("waiting").waitFor();
    await at.page.reload();
    await notice("waiting").waitFor();
    at.server.refuse(ticket, "approval-denied");
    await notice("denied").waitFor();
  });

  it("does not take the result of a tab that still waits for it", async () => {
    at.server.hold = true;
    const answer = at.page.evaluate(async () =>
      (await fetch("/api/credits", { method: "POST", body: "5" })).text(),
    );
    const [ticket = ""] = await heldTickets(at.server);
    await notice("waiting").waitFor();
    const opened = at.page.waitForEvent("popup");
    await at.page.evaluate(() => {
      window.open("/");
    });
    const copy = await opened;
    await copy.waitForLoadState();
    at.server.approve(ticket);
    expect(await answer).toBe("done");
    expect(await copy.locator("govern-notice").count()).toBe(0);
  });
});

describe("the question to sign in", () => {
  it("is a modal dialog that opens the sign-in page and goes away by itself", async () => {
    at.server.signedIn = false;
    await startWrite();
    await at.page.locator("govern-sign-in").waitFor({ state: "attached" });
    const session = await at.page.context().newCDPSession(at.page);
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const named = nodes.map(({ role, name }) => `${String(role?.value)} ${String(name?.value)}`);
    expect(named).toContain("dialog Your session is over");
    const opened = at.page.waitForEvent("popup");
    await at.page.keyboard.press("Enter");
    const popup = await opened;
    expect(new URL(popup.url()).pathname + new URL(popup.url()).search).toBe(
      "/_govern/login?return=%2F",
    );
    const closed = popup.waitForEvent("close");
    at.server.signedIn = true;
    await closed;
    await at.page.locator("govern-sign-in").waitFor({ state: "detached" });
  });

  it("can be put off, and comes back from the notice", async () => {
    at.server.signedIn = false;
    await startWrite();
    await at.page.locator("govern-sign-in").waitFor({ state: "attached" });
    await at.page.keyboard.press("Escape");
    await notice("signed-out").waitFor();
    expect(await label()).toBe("Your session is over");
    at.server.signedIn = true;
    await at.page.locator("govern-notice").waitFor({ state: "detached" });
    await expect.poll(() => at.server.requests(/credits/).length).toBe(2);
  });
});
