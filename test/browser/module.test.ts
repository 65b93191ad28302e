/** The module as a whole: its size, that it stands alone once, and that it stands in the page's globals. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { useProxyPage } from "./proxy-page.ts";

const read = (name: string): string =>
  readFileSync(new URL(`../../dist/browser/${name}`, import.meta.url), "utf8");
const builds: readonly [string, string, number][] = [
  ["proxy.js", read("proxy.js"), 6 * 1024],
  ["proxy-neon.js", read("proxy-neon.js"), 8 * 1024],
  ["proxy-libsql.js", read("proxy-libsql.js"), 8 * 1024],
  ["proxy-mysql2.js", read("proxy-mysql2.js"), 8 * 1024],
  ["proxy-planetscale.js", read("proxy-planetscale.js"), 8 * 1024],
  ["proxy-pg.js", read("proxy-pg.js"), 8.25 * 1024],
  ["proxy-postgres.js", read("proxy-postgres.js"), 9 * 1024],
  // For bundles with several SQL drivers alone.
  ["proxy-sql.js", read("proxy-sql.js"), 12 * 1024],
];
const at = useProxyPage();

describe.each(builds)("the built module %s", (_, built, limit) => {
  it("is small enough to stand in every chunk", () => {
    expect(gzipSync(built, { level: 9 }).length).toBeLessThan(limit);
  });

  it("names its build in one place, and keeps nothing that a page could not run", () => {
    expect(built.split("__GOVERN_BUILD__")).toHaveLength(2);
    expect(built).not.toMatch(/\b(?:require|process|import)\b\s*[.(]/);
  });
});

describe("a second copy", () => {
  it("finds the first and does nothing", async () => {
    const facts = await at.page.evaluate(async () => {
      const before = [fetch, XMLHttpRequest, __govern];
      const script = document.createElement("script");
      script.src = "/proxy.js";
      await new Promise((resolve) => {
        script.addEventListener("load", resolve);
        document.head.append(script);
      });
      return [before[0] === fetch, before[1] === XMLHttpRequest, before[2] === __govern];
    });
    expect(facts).toEqual([true, true, true]);
    await at.page.evaluate(async () => {
      await fetch("/api/once");
    });
    expect(at.server.requests(/once/)).toHaveLength(1);
  });

  it("cannot be put in the first one's place by the page", async () => {
    const descriptor = await at.page.evaluate(() => {
      const { writable, enumerable, configurable } =
        Object.getOwnPropertyDescriptor(globalThis, "__govern") ?? {};
      return { writable, enumerable, configurable, frozen: Object.isFrozen(__govern) };
    });
    expect(descriptor).toEqual({
      writable: false,
      enumerable: false,
      configurable: false,
      frozen: true,
    });
  });
});

describe("an app's own wrapper over a global", () => {
  it("is what every reference gives from then on, and calls what stood there before", async () => {
    const seen = await at.page.evaluate(async () => {
      const before = __govern.fetch("s1");
      globalThis.fetch = (input, init) =>
        before(input, { ...init, headers: { "x-app": "wrapped" } });
      await __govern.fetch("s2")("/api/wrapped");
      const later = __govern.fetch("s2") === globalThis.fetch;
      globalThis.fetch = before;
      return later;
    });
    expect(seen).toBe(true);
    const [request] = at.server.requests(/wrapped/);
    expect(request?.headers["x-app"]).toBe("wrapped");
    expect(request?.headers["govern-site"]).toBe("s1");
  });

  it("may be a class over the page's own", async () => {
    const kept = await at.page.evaluate(() => {
      const Base = __govern.XMLHttpRequest("s1");
      class Counted extends Base {}
      globalThis.XMLHttpRequest = Counted;
      return new (__govern.XMLHttpRequest("s2"))() instanceof Counted;
    });
    expect(kept).toBe(true);
  });
});

describe("the page's globals", () => {
  it("go through the boundary as site s0, however they are reached", async () => {
    await at.page.evaluate(async () => {
      const reached = (window as unknown as Record<string, typeof fetch>)[["fe", "tch"].join("")];
      await reached?.("https://api.acme.example/computed");
      await Reflect.apply(fetch, undefined, ["/api/applied"]);
      await fetch.call(null, "/api/called");
    });
    expect(
      at.server.requests(/computed|applied|called/).map(({ headers }) => headers["govern-site"]),
    ).toEqual(["s0", "s0", "s0"]);
    expect(at.server.requests(/computed/)[0]?.url).toMatch(
      /^\/_govern\/http\/[0-9a-f]{8}\/computed$/,
    );
  });

  it("give one function per site, the same each time", async () => {
    const facts = await at.page.evaluate(() => [
      __govern.fetch("s1") === __govern.fetch("s1"),
      __govern.fetch("s1") === __govern.fetch("s2"),
      __govern.fetch("s0") === fetch,
      __govern.XMLHttpRequest("s0") === XMLHttpRequest,
    ]);
    expect(facts).toEqual([true, false, true, true]);
  });
});

describe("streams", () => {
  it("ask the sidecar for another origin's events and fail as the browser's own do", async () => {
    const seen = await at.page.evaluate(
      () =>
        new Promise((resolve) => {
          const source = new (__govern.EventSource("s5"))("https://api.acme.example/events?a=1");
          source.addEventListener("error", () =>
            resolve([source.url, source.readyState, source instanceof EventSource]),
          );
        }),
    );
    expect(seen).toEqual(["https://api.acme.example/events?a=1", 2, true]);
    expect(at.server.requests(/events/)[0]?.url).toMatch(
      /^\/_govern\/http\/[0-9a-f]{8}\/events\?a=1$/,
    );
  });

  it("fail a socket as a refused connection does, and the attempt reaches the sidecar", async () => {
    const events = await at.page.evaluate(
      () =>
        new Promise((resolve) => {
          const seen: unknown[] = [];
          const socket = new (__govern.WebSocket("s6"))("wss://live.acme.example/feed", ["v1"]);
          seen.push(socket.url, socket.readyState, socket instanceof WebSocket);
          socket.addEventListener("error", () => seen.push("error"));
          socket.addEventListener("close", ({ code, wasClean }) => {
            resolve([...seen, code, wasClean, socket.readyState]);
          });
        }),
    );
    expect(events).toEqual(["wss://live.acme.example/feed", 0, true, "error", 1006, false, 3]);
    expect(at.server.requests(/feed/)).toMatchObject([
      { method: "GET", headers: { upgrade: "websocket", origin: at.server.url } },
    ]);
  });
});
