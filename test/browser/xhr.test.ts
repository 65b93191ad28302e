/** `XMLHttpRequest` through the boundary, measured against the browser's own in a page without the module. */
import { describe, expect, it } from "vitest";
import { heldTickets, useProxyPage } from "./proxy-page.ts";

const api = "https://api.acme.example";
const at = useProxyPage();

interface Run {
  readonly method?: string;
  readonly url?: string;
  readonly body?: string | null;
  readonly responseType?: XMLHttpRequestResponseType;
  readonly timeout?: number;
  readonly abortAfter?: string;
}

/** Sends a request in the page and lists its events, with what the app could read at each. */
function listEvents(run: Run): Promise<string[]> {
  const { method = "POST", url = "/api/x", body = "sent", responseType = "" } = run;
  return new Promise((resolve) => {
    const events: string[] = [];
    const xhr = new XMLHttpRequest();
    Object.assign(globalThis, { xhr });
    const types = ["loadstart", "progress", "load", "error", "timeout", "abort", "loadend"];
    const note = (event: Event): void => {
      const text = xhr.responseType === "" ? xhr.responseText : JSON.stringify(xhr.response);
      events.push(`${event.type} ${xhr.readyState} ${xhr.status} ${text}`);
    };
    xhr.addEventListener("readystatechange", note);
    for (const type of types) xhr.addEventListener(type, note, { capture: type === "load" });
    xhr.upload.addEventListener("load", () => events.push("upload load"));
    xhr.onloadend = () => {
      events.push(`end ${xhr.getResponseHeader("x-own")} ${xhr.statusText}`);
      resolve(events);
    };
    xhr.open(method, url);
    xhr.responseType = responseType;
    xhr.timeout = run.timeout ?? 0;
    xhr.setRequestHeader("x-app", "1");
    xhr.send(body);
  });
}

/** The native request of a comparison may be cut before or after its upload ended. */
const withoutUpload = (events: string[]): string[] =>
  events.filter((event) => !event.startsWith("upload"));

async function nativeEvents(run: Run): Promise<string[]> {
  const page = await at.page.context().newPage();
  await page.goto(`${at.server.url}/native`);
  const events = await page.evaluate(listEvents, run);
  await page.close();
  return events;
}

const json = {
  status: 201,
  headers: { "content-type": "application/json", "x-own": "2" },
  body: '{"balance":7}',
};

describe("a request that is not held", () => {
  it.each([
    ["a POST", {}],
    ["a GET", { method: "GET", body: null }],
    ["a JSON answer", { responseType: "json" }],
  ] as [string, Run][])("fires the browser's own events for %s", async (_, run) => {
    at.server.answer = json;
    const events = await at.page.evaluate(listEvents, run);
    expect(events).toEqual(await nativeEvents(run));
    expect(at.server.requests(/api\/x/)[0]?.headers).toMatchObject({
      "x-app": "1",
      "govern-site": "s0",
    });
  });

  it("stands for another origin and says so in responseURL", async () => {
    const seen = await at.page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const xhr = new (__govern.XMLHttpRequest("s7"))();
          xhr.addEventListener("load", () => resolve([xhr.responseURL, xhr.responseText]));
          xhr.open("GET", `${url}/v1/items#part`);
          xhr.send();
        }),
      api,
    );
    expect(seen).toEqual([`${api}/v1/items`, "done"]);
    expect(at.server.requests(/v1/)[0]?.headers["govern-site"]).toBe("s7");
  });

  it("can be synchronous, and says that it cannot wait", async () => {
    const text = await at.page.evaluate(() => {
      const xhr = new XMLHttpRequest();
      xhr.open("GET", "/api/sync", false);
      xhr.send();
      return `${xhr.readyState} ${xhr.status} ${xhr.responseText}`;
    });
    expect(text).toBe("4 200 done");
    expect(at.server.requests(/sync/)[0]?.headers["govern-sync"]).toBe("1");
  });

  it("keeps one class for all sites: instanceof, subclasses, patches of the prototype", async () => {
    const facts = await at.page.evaluate(() => {
      const First = __govern.XMLHttpRequest("s1");
      const Second = __govern.XMLHttpRequest("s2");
      class Own extends First {
        own = 1;
      }
      XMLHttpRequest.prototype.getResponseHeader = () => "patched";
      return [
        First === __govern.XMLHttpRequest("s1"),
        new First() instanceof Second,
        new First() instanceof XMLHttpRequest,
        new First() instanceof Own,
        new Own() instanceof Second,
        new Own().own,
        new Second().getResponseHeader("any"),
        First.DONE,
        First.name,
        Object.prototype.toString.call(new First()),
      ];
    });
    expect(facts).toEqual([
      true,
      true,
      true,
      false,
      true,
      1,
      "patched",
      4,
      "XMLHttpRequest",
      "[object XMLHttpRequest]",
    ]);
  });
});

describe("a held request", () => {
  it.each([
    ["text", {}],
    ["JSON", { responseType: "json" }],
    ["a time limit that passed", { timeout: 300 }],
  ] as [string, Run][])("fires the events of one plain request: %s", async (_, run) => {
    at.server.hold = true;
    const events = at.page.evaluate(listEvents, run);
    const [ticket = ""] = await heldTickets(at.server);
    await at.page.locator("govern-notice[data-state=waiting]").waitFor();
    await at.page.waitForTimeout(run.timeout ?? 0);
    expect(
      await at.page.evaluate(() => {
        const { xhr } = globalThis as unknown as { xhr: XMLHttpRequest };
        const { readyState, status, statusText, response, responseURL } = xhr;
        return [readyState, status, statusText, response, responseURL, xhr.getAllResponseHeaders()];
      }),
    ).toEqual([1, 0, "", run.responseType === "json" ? null : "", "", ""]);
    at.server.resultDelay = (run.timeout ?? 0) * 2;
    at.server.approve(ticket, json);
    at.server.hold = false;
    at.server.answer = json;
    expect(await events).toEqual(await nativeEvents({ ...run, timeout: 0 }));
    expect(await at.page.evaluate("xhr.responseURL")).toBe(`${at.server.url}/api/x`);
    expect(await at.page.evaluate("xhr.timeout")).toBe(run.timeout ?? 0);
  });

  it("ends with the refusal's 403", async () => {
    at.server.hold = true;
    const events = at.page.evaluate(listEvents, {});
    const [ticket = ""] = await heldTickets(at.server);
    at.server.refuse(ticket, "approval-denied");
    expect((await events).at(-2)).toMatch(/^loadend 4 403 .*approval-denied/);
  });

  it("tells an abort as the browser does, and detaches", async () => {
    at.server.hold = true;
    const events = at.page.evaluate(listEvents, {});
    const [ticket = ""] = await heldTickets(at.server);
    await at.page.locator("govern-notice[data-state=waiting]").waitFor();
    await at.page.evaluate("xhr.abort()");
    await expect.poll(() => at.server.held.has(ticket)).toBe(false);
    expect(await at.page.evaluate("xhr.readyState")).toBe(0);

    const native = await at.page.context().newPage();
    await native.goto(`${at.server.url}/native`);
    const resume = at.server.pauseAnswers();
    const expected = native.evaluate(listEvents, {});
    await expect.poll(() => at.server.requests(/api\/x/).length).toBe(2);
    await native.evaluate("xhr.abort()");
    expect(withoutUpload(await events)).toEqual(withoutUpload(await expected));
    resume();
    await native.close();
  });

  it("detaches what an app's next open() leaves behind, and is free for it", async () => {
    at.server.hold = true;
    void at.page.evaluate(listEvents, {}).catch(() => undefined);
    const [ticket = ""] = await heldTickets(at.server);
    await at.page.locator("govern-notice[data-state=waiting]").waitFor();
    const text = await at.page.evaluate(
      () =>
        new Promise((resolve) => {
          const { xhr } = globalThis as unknown as { xhr: XMLHttpRequest };
          xhr.open("GET", "/api/second");
          xhr.addEventListener("load", () => resolve(xhr.responseText));
          xhr.send();
        }),
    );
    expect(text).toBe("done");
    await expect.poll(() => at.server.held.has(ticket)).toBe(false);
  });

  it("asks again when the connection breaks before the result arrives", async () => {
    at.server.hold = true;
    at.server.dropResults = 2;
    const events = at.page.evaluate(listEvents, {});
    const [ticket = ""] = await heldTickets(at.server);
    at.server.approve(ticket);
    expect((await events).at(-2)).toBe("loadend 4 200 done");
  });
});

describe("the end of the session", () => {
  it("asks to sign in and sends the request again, held or not", async () => {
    at.server.signedIn = false;
    at.server.hold = true;
    const events = at.page.evaluate(listEvents, {});
    await at.page.locator("govern-sign-in").waitFor({ state: "attached" });
    at.server.signedIn = true;
    const [ticket = ""] = await heldTickets(at.server);
    at.server.approve(ticket, json);
    at.server.hold = false;
    at.server.answer = json;
    expect(withoutUpload(await events)).toEqual(withoutUpload(await nativeEvents({})));
    expect(at.server.requests(/api\/x/)).toMatchObject([
      { body: "sent", headers: { "x-app": "1" } },
      { body: "sent", headers: { "x-app": "1", "govern-site": "s0" } },
      {},
    ]);
  });
});
