/** Which app a host selects. */
import { describe, expect, it } from "vitest";
import type { Workspace } from "../../src/contract/workspace.ts";
import { createHosts } from "../../src/sidecar/hosts.ts";

const resources = {};
const two: Workspace = {
  version: 1,
  server: { operatorUrl: "https://govern.acme.example" },
  apps: {
    desk: { url: "https://desk.acme.example", resources },
    till: { url: "https://till.acme.example:8443", resources },
  },
};
const one: Workspace = { version: 1, apps: { desk: { resources } } };
const ports = { port: 4000, operatorPort: 4001 };

describe("hosts", () => {
  it("are those of the apps' own addresses", () => {
    const hosts = createHosts({ workspace: two, dev: false, ...ports });
    expect(hosts.appOf("desk.acme.example")).toEqual({
      name: "desk",
      origin: "https://desk.acme.example",
    });
    expect(hosts.appOf("DESK.acme.example")?.name).toBe("desk");
    expect(hosts.appOf("till.acme.example:8443")?.name).toBe("till");
    expect(hosts.operatorOriginOf("govern.acme.example")).toBe("https://govern.acme.example");
    for (const host of [
      "",
      "localhost:4000",
      "desk.localhost:4000",
      "till.acme.example",
      "desk.acme.example.evil.example",
      "desk.acme.example@evil.example",
      "desk.acme.example:8443",
      "govern.acme.example",
    ]) {
      expect(hosts.appOf(host), host).toBeUndefined();
    }
  });

  it("are below localhost under --dev, with plain localhost for a single app", () => {
    const single = createHosts({ workspace: one, dev: true, ...ports });
    expect(single.appOf("desk.localhost:4000")?.origin).toBe("http://desk.localhost:4000");
    expect(single.appOf("localhost:4000")?.origin).toBe("http://localhost:4000");
    expect(single.appOf("localhost:4001")).toBeUndefined();
    expect(single.appOf("127.0.0.1:4000")).toBeUndefined();
    expect(single.operatorOriginOf("govern.localhost:4001")).toBe("http://govern.localhost:4001");
    const both = createHosts({ workspace: two, dev: true, ...ports });
    expect(both.appOf("till.localhost:4000")?.name).toBe("till");
    expect(both.appOf("localhost:4000")).toBeUndefined();
    expect(both.appOf("desk.acme.example")).toBeUndefined();
  });

  it("are needed: an app without an address is refused", () => {
    expect(() => createHosts({ workspace: one, dev: false, ...ports })).toThrow(
      /apps\.desk has no url/,
    );
  });
});
