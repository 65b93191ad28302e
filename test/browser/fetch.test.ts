/** `fetch` and beacons through the boundary, in a real page. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { heldTickets, useProxyPage } from "./proxy-page.ts";

const api = "https://api.acme.example";
const mappedTo = (origin: string): string =>
  `/_govern/http/${createHash("sha256").update(origin).digest("hex").slice(0, 8)}`;
const mapped = mappedTo(api);
const at = useProxyPage();

describe("a call that is not held", () => {
  it("goes to its own path on the app's origin, with the hints", async () => {
    const answer = await at.page.evaluate(async () => {
      const response = await __govern.fetch("s3")("/api/items?page=2#top", {
        headers: { authorization: "Bearer own" },
      });
      return [response.status, await response.text(), response.headers.get("x-own"), response.url];
    });
    expect(answer).toEqual([200, "done", "1", `${at.server.url}/api/items?page=2`]);
    expect(at.server.requests(/items/)).toMatchObject([
      {
        url: "/api/items?page=2",
        headers: {
          "govern-site": "s3",
          "govern-build": "__GOVERN_BUILD__",
          authorization: "Bearer own",
        },
      },
    ]);
  });

  it("stands for another origin under that origin's id, and looks as if it came from there", async () => {
    const answer = await at.page.evaluate(async (url) => {
      const response = await __govern.fetch("s1")(`${url}/v1/a%2Fb?x=1#y`, {
        mode: "cors",
        credentials: "include",
        integrity: "sha256-AAAA",
        referrerPolicy: "unsafe-url",
      });
      const copy = response.clone();
      return [response, copy].map(({ url: from, type, redirected, status }) => ({
        from,
        type,
        redirected,
        status,
      }));
    }, api);
    const expected = { from: `${api}/v1/a%2Fb?x=1`, type: "cors", redirected: false, status: 200 };
    expect(answer).toEqual([expected, expected]);
    expect(at.server.requests(/v1/).map(({ url }) => url)).toEqual([`${mapped}/v1/a%2Fb?x=1`]);
  });

  it("takes another scheme or port of the app's host for another origin", async () => {
    await at.page.evaluate(async () => {
      await fetch(`https://${location.host}/scheme`);
      await fetch(`http://${location.hostname}:1/port`);
    });
    expect(at.server.requests(/scheme|port/).map(({ url }) => url)).toEqual([
      `${mappedTo(at.server.url.replace("http", "https"))}/scheme`,
      `${mappedTo("http://127.0.0.1:1")}/port`,
    ]);
  });

  it.each([
    ["a string", `"text"`, "text"],
    ["a Blob", `new Blob(["blob"])`, "blob"],
    ["bytes", `new Uint8Array([98, 99])`, "bc"],
    ["URLSearchParams", `new URLSearchParams({ a: "1" })`, "a=1"],
    ["a stream", `new Blob(["streamed"]).stream()`, "streamed"],
  ])("sends a body of %s", async (_, body, expected) => {
    await at.page.evaluate(
      `__govern.fetch("s1")("/api/put", { method: "PUT", body: ${body}, duplex: "half" })`,
    );
    expect(at.server.requests(/put/)).toMatchObject([{ method: "PUT", body: expected }]);
  });

  it("sends FormData as multipart", async () => {
    await at.page.evaluate(async () => {
      const body = new FormData();
      body.append("name", "value");
      await fetch("/api/form", { method: "POST", body });
    });
    const [seen] = at.server.requests(/form/);
    expect(seen?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(seen?.body).toContain('name="name"\r\n\r\nvalue');
  });

  it("takes a Request with a body, and options over it", async () => {
    const used = await at.page.evaluate(async (url) => {
      const request = new Request(`${url}/a`, {
        method: "POST",
        body: "own body",
        headers: { "content-type": "text/own", "x-a": "1" },
      });
      const first = fetch(request);
      const { bodyUsed } = request;
      await first;
      const old = new Request(`${url}/b`, { method: "POST", body: "old" });
      await fetch(old, { method: "POST", body: "new" });
      return bodyUsed;
    }, api);
    expect(used).toBe(true);
    expect(at.server.requests(/_govern\/http/)).toMatchObject([
      { method: "POST", body: "own body", headers: { "content-type": "text/own", "x-a": "1" } },
      { method: "POST", body: "new" },
    ]);
  });

  it("sends within the call, before anything is awaited", async () => {
    const order = await at.page.evaluate(async () => {
      const answer = fetch("/api/keepalive", { method: "POST", body: "now", keepalive: true });
      location.hash = "sent";
      return (await answer).status;
    });
    expect(order).toBe(200);
    await at.page.evaluate(() => {
      addEventListener("pagehide", () => {
        void fetch("/api/leaving", { method: "POST", body: "bye", keepalive: true });
      });
    });
    await at.page.goto(`${at.server.url}/native`);
    await expect.poll(() => at.server.requests(/leaving/).length).toBe(1);
  });

  it("leaves blob:, data: and the boundary's own paths to the browser", async () => {
    const texts = await at.page.evaluate(async () => {
      const blob = URL.createObjectURL(new Blob(["a blob"]));
      const answers = [await fetch(blob), await fetch("data:,some%20data")];
      await fetch("/_govern/me");
      return Promise.all(answers.map((answer) => answer.text()));
    });
    expect(texts).toEqual(["a blob", "some data"]);
    expect(at.server.requests(/_govern\/me/)[0]?.headers).not.toHaveProperty("govern-site");
  });

  it("rejects as the browser does: bad arguments, aborts, a lost connection", async () => {
    const errors = await at.page.evaluate(async () => {
      const signal = AbortSignal.abort();
      const outcomes = await Promise.allSettled([
        fetch("/a", { method: "IN VALID" }),
        fetch("http://%"),
        fetch("/a", { headers: { "a b": "1" } }),
        fetch("/a", { signal }),
        fetch("/a", { method: "POST", signal }),
        fetch("/a", { signal: AbortSignal.abort("own reason") }),
      ]);
      return outcomes.map((outcome) => {
        const reason: unknown = outcome.status === "rejected" ? outcome.reason : "resolved";
        return reason instanceof Error ? reason.name : reason;
      });
    });
    expect(errors).toEqual([
      "TypeError",
      "TypeError",
      "TypeError",
      "AbortError",
      "AbortError",
      "own reason",
    ]);
  });

  it("passes the app's own 401 and 202 through", async () => {
    at.server.answer = { status: 401, body: "own" };
    expect(await at.page.evaluate(async () => (await fetch("/api/x")).status)).toBe(401);
    at.server.answer = { status: 202, body: "own" };
    expect(await at.page.evaluate(async () => (await fetch("/api/x")).text())).toBe("own");
  });
});

describe("a held call", () => {
  it("keeps the promise pending and resolves with the real answer", async () => {
    at.server.hold = true;
    const answer = at.page.evaluate(async (url) => {
      const response = await fetch(`${url}/credits`, { method: "POST", body: "5" });
      const { status, url: from, type, redirected } = response;
      return { status, from, type, redirected, text: await response.clone().text() };
    }, api);
    const [ticket = ""] = await heldTickets(at.server);
    at.server.approve(ticket, { status: 201, body: "new balance" });
    expect(await answer).toEqual({
      status: 201,
      from: `${api}/credits`,
      type: "cors",
      redirected: false,
      text: "new balance",
    });
  });

  it("resolves with the refusal's own 403", async () => {
    at.server.hold = true;
    const answer = at.page.evaluate(async () => {
      const response = await fetch("/api/credits", { method: "POST", body: "5" });
      const body = (await response.json()) as { code: string };
      return [response.status, response.type, body.code];
    });
    const [ticket = ""] = await heldTickets(at.server);
    at.server.refuse(ticket, "approval-denied");
    expect(await answer).toEqual([403, "basic", "approval-denied"]);
  });

  it("asks for all tickets of the tab at once", async () => {
    at.server.hold = true;
    const answers = at.page.evaluate(() =>
      Promise.all(
        ["a", "b", "c"].map(async (name) =>
          (await fetch(`/api/${name}`, { method: "POST", body: name })).text(),
        ),
      ),
    );
    const tickets = await heldTickets(at.server, 3);
    await expect.poll(() => at.server.requests(/id=.*id=.*id=/).length).toBeGreaterThan(0);
    for (const ticket of tickets) at.server.approve(ticket);
    expect(await answers).toEqual(["done", "done", "done"]);
    const asked = at.server.requests(/tickets\?/).length;
    await at.page.waitForTimeout(600);
    expect(at.server.requests(/tickets\?/)).toHaveLength(asked);
  });

  it("rejects at once when aborted, and detaches the call", async () => {
    at.server.hold = true;
    const name = at.page.evaluate(async () => {
      const controller = new AbortController();
      Object.assign(globalThis, { controller });
      const { signal } = controller;
      return fetch("/api/a", { method: "POST", body: "1", signal }).catch(
        (error: DOMException) => error.name,
      );
    });
    const [ticket = ""] = await heldTickets(at.server);
    await at.page.locator("govern-notice[data-state=waiting]").waitFor();
    await at.page.evaluate("controller.abort()");
    expect(await name).toBe("AbortError");
    await expect.poll(() => at.server.held.has(ticket)).toBe(false);
    await at.page.locator("govern-notice").waitFor({ state: "detached" });
  });

  it("ignores a time limit while a person decides", async () => {
    at.server.hold = true;
    const answer = at.page.evaluate(async () => {
      const controller = new AbortController();
      Object.assign(globalThis, { controller });
      const { signal } = controller;
      return (await fetch("/api/a", { method: "POST", body: "1", signal })).text();
    });
    const [ticket = ""] = await heldTickets(at.server);
    await at.page.locator("govern-notice[data-state=waiting]").waitFor();
    await at.page.evaluate("controller.abort(new DOMException('late', 'TimeoutError'))");
    at.server.approve(ticket);
    expect(await answer).toBe("done");
    expect(at.server.requests(/tickets/).map(({ method }) => method)).not.toContain("DELETE");
  });

  it("detaches a write that was given up before the answer said that it is held", async () => {
    at.server.hold = true;
    const resume = at.server.pauseAnswers();
    const name = await at.page.evaluate(async () => {
      const signal = AbortSignal.timeout(200);
      return fetch("/api/a", { method: "POST", body: "1", signal }).catch(
        (error: DOMException) => error.name,
      );
    });
    expect(name).toBe("TimeoutError");
    resume();
    await expect.poll(() => at.server.requests(/tickets\/t-/).length).toBe(1);
    expect(at.server.requests(/tickets\/t-/)).toMatchObject([{ method: "DELETE" }]);
    expect(at.server.held.size).toBe(0);
  });

  it("keeps the abort link until the body ends", async () => {
    const name = await at.page.evaluate(async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const response = await fetch("/api/a", { method: "POST", body: "1", signal });
      controller.abort();
      return response.text().catch((error: DOMException) => error.name);
    });
    expect(name).toBe("AbortError");
  });

  it("asks again when the connection breaks before the result arrives", async () => {
    at.server.hold = true;
    at.server.dropResults = 2;
    const answer = at.page.evaluate(async () =>
      (await fetch("/api/a", { method: "POST", body: "1" })).text(),
    );
    const [ticket = ""] = await heldTickets(at.server);
    at.server.approve(ticket);
    expect(await answer).toBe("done");
  });

  it("says that the outcome is unknown when the ticket is gone", async () => {
    at.server.hold = true;
    const answer = at.page.evaluate(
      async () => (await fetch("/api/a", { method: "POST", body: "1" })).status,
    );
    const [ticket = ""] = await heldTickets(at.server);
    at.server.held.delete(ticket);
    expect(await answer).toBe(409);
  });

  it("works in a worker, where nothing is shown", async () => {
    at.server.hold = true;
    const answer = at.page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const worker = new Worker("/worker.js");
          worker.addEventListener("message", ({ data }) => resolve(data));
          worker.postMessage(`${url}/from-worker`, []);
        }),
      api,
    );
    const [ticket = ""] = await heldTickets(at.server);
    expect(await at.page.locator("govern-notice").count()).toBe(0);
    at.server.approve(ticket);
    expect(await answer).toEqual([200, "done", "object"]);
    expect(at.server.requests(/from-worker/)).toMatchObject([{ headers: { "govern-site": "s0" } }]);
  });
});

describe("the end of the session", () => {
  it("asks to sign in and sends the call again, which never saw the 401", async () => {
    at.server.signedIn = false;
    const answer = at.page.evaluate(async () =>
      (await fetch("/api/a", { method: "POST", body: "kept" })).text(),
    );
    await at.page.locator("govern-sign-in").waitFor({ state: "attached" });
    at.server.signedIn = true;
    expect(await answer).toBe("done");
    expect(at.server.requests(/api\/a/)).toMatchObject([{ body: "kept" }, { body: "kept" }]);
    expect(await at.page.locator("govern-sign-in").count()).toBe(0);
  });

  it("does not lose a held call when the session ends while it waits", async () => {
    at.server.hold = true;
    const answer = at.page.evaluate(async () =>
      (await fetch("/api/a", { method: "POST", body: "1" })).text(),
    );
    const [ticket = ""] = await heldTickets(at.server);
    at.server.signedIn = false;
    await at.page.locator("govern-sign-in").waitFor({ state: "attached" });
    at.server.approve(ticket);
    at.server.signedIn = true;
    expect(await answer).toBe("done");
  });
});

describe("beacons", () => {
  it("go to the governed address and answer at once", async () => {
    at.server.hold = true;
    const queued = await at.page.evaluate(
      (url) => [
        navigator.sendBeacon(`${url}/beat`, "tick"),
        __govern.sendBeacon("s2")("/own-beat", "tock"),
      ],
      api,
    );
    expect(queued).toEqual([true, true]);
    await expect
      .poll(() => at.server.requests(/beat/).map(({ body }) => body))
      .toEqual(["tick", "tock"]);
    expect(at.server.requests(/beat/).map(({ url }) => url)).toEqual([
      `${mapped}/beat`,
      "/own-beat",
    ]);
    expect(await at.page.locator("govern-notice").count()).toBe(0);
  });
});
