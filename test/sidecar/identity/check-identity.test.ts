/** What identity may say in govern.yaml: faults have their place, and nobody starts a sidecar that is open. */
import { afterEach, describe, expect, it } from "vitest";
import { parseWorkspace } from "../../../src/contract/workspace-file.ts";
import { checkIdentity } from "../../../src/sidecar/identity/check-identity.ts";
import { trustedPeers } from "../../../src/sidecar/identity/trusted-peers.ts";
import { startSidecar } from "../../../src/sidecar/main.ts";
import { storeWriter } from "../../identity-provider/governed-desk.ts";
import { startUpstream, writeDesk, type DeskWorkspace, type Upstream } from "../desk-workspace.ts";

const oidc = "  oidc: { issuer: https://sso.acme.example, clientId: govern }\n";
const proxy = (more: string): string =>
  `  proxy: { header: x-assertion, issuer: p, audiences: { operator: o, apps: { desk: d } }, ${more} }\n`;
const of = (identity: string, server = ""): string =>
  `version: 1\n${server}identity:\n${identity}apps:\n  desk: { resources: {} }\n`;
const trusted = "server: { trustedProxies: [10.0.0.0/8] }\n";

function check(text: string, dev = false): void {
  const { workspace, locate } = parseWorkspace(text, "govern.yaml");
  checkIdentity(workspace, locate, dev);
}

describe("identity in govern.yaml", () => {
  it.each([
    ["a provider", of(oidc)],
    [
      "a provider on this machine",
      of("  oidc: { issuer: 'http://127.0.0.1:8080', clientId: govern }\n"),
    ],
    [
      "bearer tokens and the command line",
      of(
        "  oidc: { issuer: https://s.example, clientId: g, cliClientId: c }\n  bearer: { algorithms: [ES256] }\n",
      ),
    ],
    ["a proxy with published keys", of(proxy("jwks: https://p.example/keys"), trusted)],
    ["a proxy with a key in a file", of(proxy("key: '${file:proxy.pem}'"), trusted)],
    ["sessions", of(`${oidc}  sessions: { idle: 30m, absolute: 8h, groupsMaxAge: 5m }\n`)],
  ])("may be %s", (_name, text) => {
    expect(() => check(text)).not.toThrow();
  });

  it.each([
    [
      "an issuer without TLS",
      of("  oidc: { issuer: 'http://sso.acme.example', clientId: g }\n"),
      "3:19",
      /https/,
    ],
    [
      "a shared-secret algorithm (I1)",
      of(`${oidc}  bearer: { algorithms: [HS256] }\n`),
      "4:26",
      /algorithms/,
    ],
    [
      "no algorithm at all (I1)",
      of(`${oidc}  bearer: { algorithms: [none] }\n`),
      "4:26",
      /algorithms/,
    ],
    ["bearer tokens of nobody", of("  bearer: {}\n"), "3:11", /whose tokens/],
    [
      "the command line without bearer tokens",
      of("  oidc: { issuer: https://s.example, clientId: g, cliClientId: c }\n"),
      "3:64",
      /identity.bearer/,
    ],
    [
      "an audience of no app",
      of(`${oidc}  bearer: { audiences: { apps: { shop: x } } }\n`),
      "4:40",
      /no app shop/,
    ],
    [
      "a proxy beside a provider",
      of(`${oidc}${proxy("jwks: https://p.example/keys")}`, trusted),
      "5:10",
      /two names/,
    ],
    [
      "a proxy that anybody could be",
      of(proxy("jwks: https://p.example/keys")),
      "3:10",
      /trustedProxies/,
    ],
    [
      "a proxy's keys without TLS",
      of(proxy("jwks: 'http://p.example/keys'"), trusted),
      "4:97",
      /https/,
    ],
    ["a proxy without keys", of(proxy("groupsClaim: g"), trusted), "4:10", /either jwks or key/],
    ["a proxy's key that is none", of(proxy("key: hello"), trusted), "4:96", /no public key/],
    [
      "a proxy that names an app no audience",
      of(proxy("jwks: https://p.example/keys").replace("apps: { desk: d }", "apps: {}"), trusted),
      "4:55",
      /apps.desk/,
    ],
    [
      "a network that is none",
      of(oidc, "server: { trustedProxies: [10.0.0.0/8, 10.0.0.0/99] }\n"),
      "2:40",
      /neither an address/,
    ],
    ["a lifetime that is none", of(`${oidc}  sessions: { idle: forever }\n`), "4:21", /idle/],
    [
      "a key that is mistyped",
      of("  oidc: { issuer: https://s.example, clientID: g }\n"),
      "3:38",
      /clientId/,
    ],
  ])("may not be %s", (_name, text, place, message) => {
    let thrown: unknown;
    try {
      check(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "workspace-invalid" });
    expect(String(thrown)).toMatch(message);
    expect(String(thrown)).toContain(`govern.yaml:${place} `);
  });

  it("tells every fault at once", () => {
    const text = of("  oidc: { issuer: 'http://s.example', clientId: g, cliClientId: c }\n");
    expect(() => check(text)).toThrow(/\(and 1 more\)/);
  });

  it("has to be there", () => {
    expect(() => check("version: 1\napps: {}\n")).toThrow(/nobody could sign in/);
    expect(() => check("version: 1\napps: {}\n", true)).toThrow(/names no users/);
  });
});

describe("the local sign-in (I12)", () => {
  let upstream: Upstream | undefined;
  let desk: DeskWorkspace | undefined;
  afterEach(async () => {
    await upstream?.stop();
    desk?.remove();
  });

  it.each(["0.0.0.0", "::", "192.0.2.1", "example.com", "127.0.0.1.example.com"])(
    "does not listen on %s",
    async (host) => {
      upstream = await startUpstream();
      desk = writeDesk(upstream.port);
      const ports = { port: 0, operatorPort: 0 };
      const starting = startSidecar({
        workspaceDir: desk.folder,
        host,
        ...ports,
        dev: true,
        storeWriter,
      });
      await expect(starting).rejects.toMatchObject({ code: "usage" });
    },
  );

  it("is not there without --dev, whatever govern.yaml says", async () => {
    upstream = await startUpstream();
    desk = writeDesk(upstream.port);
    const ports = { port: 0, operatorPort: 0 };
    const host = "127.0.0.1";
    const starting = startSidecar({
      workspaceDir: desk.folder,
      host,
      ...ports,
      dev: false,
      storeWriter,
    });
    await expect(starting).rejects.toMatchObject({ code: "identity-missing" });
  });
});

describe("the addresses of trusted proxies", () => {
  const isTrusted = trustedPeers(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"]);
  it.each([
    ["10.1.2.3", true],
    ["::ffff:10.1.2.3", true],
    ["192.0.2.7", true],
    ["2001:db8:1::5", true],
    ["::1", true],
    ["192.0.2.8", false],
    ["11.0.0.1", false],
    ["::ffff:11.0.0.1", false],
    ["2001:db9::1", false],
    ["10.1.2.3, 1.2.3.4", false],
    ["", false],
    [undefined, false],
  ])("%s: %s", (peer, expected) => {
    expect(isTrusted(peer)).toBe(expected);
  });
  it("are nobody's where none is named", () => {
    expect(trustedPeers([])("127.0.0.1")).toBe(false);
  });
});
