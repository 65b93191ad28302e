/** Where a sign-in may lead: a path of its own origin, whatever was asked for (I8). */
import { describe, expect, it } from "vitest";
import { safeReturnPath } from "../../../src/sidecar/identity/return-path.ts";
import { startGovernedDesk } from "../../identity-provider/governed-desk.ts";
import { createUserAgent } from "../../identity-provider/user-agent.ts";

const evil = "evil.example";

/** Ways to write another origin, or something that runs, so that a careless check takes it for a path. */
const payloads: readonly string[] = [
  `//${evil}`,
  `//${evil}/`,
  `//${evil}/%2f..`,
  `///${evil}`,
  `////${evil}`,
  `/////${evil}/`,
  `//${evil}@desk.localhost`,
  `//desk.localhost@${evil}`,
  `//user:word@${evil}/`,
  `//${evil}:443/`,
  `//${evil}?next=/`,
  `//${evil}#/`,
  `/\\${evil}`,
  `/\\/${evil}`,
  `\\/${evil}`,
  `\\\\${evil}`,
  `\\${evil}`,
  `/\\\\${evil}`,
  `/\t/${evil}`,
  `/\n/${evil}`,
  `/\r/${evil}`,
  `/\r\n/${evil}`,
  `\t//${evil}`,
  `\n//${evil}`,
  ` //${evil}`,
  `/ /${evil}`,
  `/\u0000/${evil}`,
  `/\u000b/${evil}`,
  `/\u000c/${evil}`,
  `/\u0085/${evil}`,
  `/\u007f/${evil}`,
  `\u0001//${evil}`,
  `/.//${evil}`,
  `/./\\${evil}`,
  `/..//${evil}`,
  `/../\\/${evil}`,
  `/a/..//${evil}`,
  `/a/../..//${evil}`,
  `/a/%2e%2e//${evil}`,
  `/%2e//${evil}`,
  `/a/b/../../..//${evil}/%2e%2e`,
  `https://${evil}`,
  `https:/${evil}`,
  `https:${evil}`,
  `https:///${evil}`,
  `https:\\\\${evil}`,
  `https:/\\${evil}`,
  `HTTPS://${evil}`,
  `hTtPs:${evil}`,
  `http:${evil}`,
  `http://desk.localhost.${evil}`,
  `http://desk.localhost@${evil}`,
  `ftp://${evil}`,
  `ws://${evil}`,
  `//%65vil.example`,
  `//\u24d4vil.example`,
  `//evil\u3002example`,
  `//[::1]/`,
  `//0x7f000001/`,
  `//169.254.169.254/latest/meta-data`,
  `javascript:alert(1)`,
  `JavaScript:alert(1)`,
  `java\nscript:alert(1)`,
  `javascript://${evil}/%0aalert(1)`,
  `data:text/html,<script>alert(1)</script>`,
  `vbscript:msgbox(1)`,
  `blob:https://${evil}/x`,
  `about:blank`,
  `mailto:a@${evil}`,
  `view-source:https://${evil}`,
  evil,
  `.${evil}`,
  `@${evil}`,
  `:80@${evil}`,
  `?next=https://${evil}`,
  `#https://${evil}`,
  `./`,
  `../`,
  `*`,
  ``,
];

/** Those that stay here, and look as if they did not. */
const own: readonly (readonly [asked: string, path: string])[] = [
  [`/orders?next=https://${evil}`, `/orders?next=https://${evil}`],
  [`/%2f/${evil}`, `/%2f/${evil}`],
  [`/%5c${evil}`, `/%5c${evil}`],
  [`/%09/${evil}`, `/%09/${evil}`],
  [`/@${evil}`, `/@${evil}`],
  [`/https://${evil}`, `/https://${evil}`],
  [`/.;//${evil}/../..//${evil}`, `/.;//${evil}`],
  [`/a//${evil}`, `/a//${evil}`],
  ["/a/../b?c=1#d", "/b?c=1#d"],
  ["/\u00e9", "/%C3%A9"],
];

describe("where a sign-in leads (I8)", () => {
  it.each(payloads.map((payload) => [payload]))("%j leads to the home page", (payload) => {
    expect(safeReturnPath(payload)).toBe("/");
  });

  it.each(own)("%j stays on its origin", (asked, path) => {
    expect(safeReturnPath(asked)).toBe(path);
    const url = new URL(path, "https://desk.example");
    expect(url.origin).toBe("https://desk.example");
  });

  it("has at least sixty payloads, none twice", () => {
    expect(payloads.length).toBeGreaterThanOrEqual(60);
    expect(new Set(payloads).size).toBe(payloads.length);
  });

  it("leads nowhere else by any path that is an origin's own once a browser has read it", () => {
    for (const payload of payloads) {
      const url = new URL(safeReturnPath(payload), "https://desk.example/_govern/callback");
      expect(url.href, payload).toBe("https://desk.example/");
    }
  });

  it("holds over the wire: a whole sign-in, with the payload as return address and as path", async () => {
    const desk = await startGovernedDesk();
    try {
      const agent = createUserAgent();
      desk.provider.person = "sam";
      for (const payload of payloads.slice(0, 24)) {
        const asked = `${desk.appUrl}/_govern/login?return=${encodeURIComponent(payload)}`;
        const done = await agent.open(asked);
        expect(done.url.href, payload).toBe(`${desk.appUrl}/`);
      }
      const twice = await agent.open(`${desk.appUrl}/_govern/login?return=/a&return=//${evil}`);
      expect(twice.url.href).toBe(`${desk.appUrl}/`);
      const stranger = createUserAgent();
      const page = await stranger.once(`${desk.appUrl}//${evil}/%2f..`);
      expect(page.headers.location).toBe("/_govern/login?return=%2F");
    } finally {
      await desk.stop();
    }
  });
});
