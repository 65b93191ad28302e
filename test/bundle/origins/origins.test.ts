import { describe, expect, it } from "vitest";
import { analyzeBundle } from "../../../src/bundle/analyze.ts";
import type { Analysis } from "../../../src/bundle/analysis.ts";
import { signInWrites } from "../../../src/bundle/origins/origin-class.ts";
import { bundleOf } from "../in-memory.ts";

function analyze(code: string, files: Readonly<Record<string, string>> = {}): Promise<Analysis> {
  return analyzeBundle(bundleOf({ "main.js": code, ...files }), "desk");
}

async function classesOf(code: string): Promise<Record<string, string>> {
  const { origins } = await analyze(code);
  return Object.fromEntries(origins.map((one) => [one.origin, one.class]));
}

describe("telemetry", () => {
  it.each([
    ["Sentry", "https://o447951.ingest.us.sentry.io/api/45/envelope/"],
    ["Sentry", "https://sentry.io/api/45/store/"],
    ["PostHog", "https://eu.i.posthog.com/e/"],
    ["Segment", "https://api.segment.io/v1/track"],
    ["Google Analytics", "https://region1.google-analytics.com/g/collect"],
    ["Google Tag Manager", "https://www.googletagmanager.com/a"],
    ["Amplitude", "https://api2.amplitude.com/2/httpapi"],
    ["Mixpanel", "https://api-js.mixpanel.com/track/"],
    ["Datadog", "https://browser-intake-us5-datadoghq.com/api/v2/rum"],
    ["Plausible", "https://plausible.io/api/event"],
    ["Vercel Analytics", "https://vitals.vercel-insights.com/v1/vitals"],
  ])("is what goes to %s: %s", async (name, url) => {
    const { origins } = await analyze(`navigator.sendBeacon("${url}", report)`);
    expect(origins).toEqual([expect.objectContaining({ class: "telemetry" })]);
    expect(origins[0]?.why).toContain(`telemetry to ${name}, by its host`);
  });

  it.each([
    "https://sentry.io/api/0/organizations/acme/issues/",
    "https://us.posthog.com/api/projects/7/feature_flags/",
    "https://mixpanel.com/api/2.0/export",
    "https://ingest.sentry.io.acme.example/api/45/envelope/",
    "https://notingest.sentry.io/api/x",
    "/monitoring",
  ])("is not %s", async (url) => {
    expect(Object.values(await classesOf(`fetch("${url}", { method: "POST" })`))).toEqual(["data"]);
  });

  it("is no host of which anything else is asked", async () => {
    const code = `fetch("https://plausible.io/api/event", { method: "POST" });
      fetch("https://plausible.io/api/v1/sites", { method: "POST" });`;
    expect(await classesOf(code)).toEqual({ "https://plausible.io": "data" });
  });
});

describe("sign-in", () => {
  it.each([
    "https://acme.eu.auth0.com/oauth/token",
    "https://brave-fox-7.clerk.accounts.dev/v1/client/sign_ins",
    "https://securetoken.googleapis.com/v1/token",
    "https://login.microsoftonline.com/acme/oauth2/v2.0/token",
    "https://acme.okta.com/oauth2/default/v1/token",
    "https://sso.acme.example/realms/desk/protocol/openid-connect/token",
    "https://sso.acme.example/oauth2/token",
  ])("is %s, which needs nobody's approval", async (url) => {
    const { origins, operations } = await analyze(
      `fetch("${url}", { method: "POST", body: form })`,
    );
    expect(origins.map((one) => one.class)).toEqual(["auth"]);
    expect(signInWrites(operations, origins)).toEqual(operations.map(({ id }) => id));
  });

  it("is told by discovery", async () => {
    const code = `fetch("https://sso.acme.example/.well-known/openid-configuration")`;
    expect(await classesOf(code)).toEqual({ "https://sso.acme.example": "auth" });
  });

  it("opens no other write of a provider", async () => {
    const code = `fetch("https://acme.auth0.com/dbconnections/signup", { method: "POST" });
      fetch("https://acme.auth0.com/oauth/token", { method: "POST" });`;
    const { origins, operations } = await analyze(code);
    expect(origins.map((one) => one.class)).toEqual(["auth"]);
    expect(signInWrites(operations, origins)).toEqual([expect.stringContaining("oauth-token")]);
  });

  it("makes an origin that serves data too no other than data", async () => {
    const code = `fetch("https://acme.auth0.com/api/v2/users/" + id, { method: "DELETE" });
      fetch("https://acme.auth0.com/oauth/token", { method: "POST" });`;
    const { origins, operations } = await analyze(code);
    expect(origins).toMatchObject([{ class: "data" }]);
    expect(origins[0]?.why).toContain("1 of them Auth0 beside data");
    expect(signInWrites(operations, origins)).toEqual([
      expect.stringContaining("post-oauth-token"),
    ]);
  });

  it("is told beside data where the provider is known, as with Supabase", async () => {
    const code = `fetch("https://qx1.supabase.co/auth/v1/token?grant_type=password", { method: "POST" });
      fetch("https://qx1.supabase.co/auth/v1/admin/users", { method: "POST" });
      fetch("https://qx1.supabase.co/rest/v1/accounts", { method: "POST" });`;
    const { origins, operations } = await analyze(code);
    expect(origins.map((one) => one.class)).toEqual(["data"]);
    expect(signInWrites(operations, origins)).toEqual([expect.stringContaining("token")]);
  });

  it.each([
    "https://api.acme.example/oauth/tokens",
    "/api/login",
    "https://api.acme.example/token",
  ])("is not %s: what is not known is data", async (url) => {
    const { origins, operations } = await analyze(`fetch("${url}", { method: "POST" })`);
    expect(origins.map((one) => one.class)).toEqual(["data"]);
    expect(signInWrites(operations, origins)).toEqual([]);
  });
});

describe("public files", () => {
  it("are what is read from a known host of such", async () => {
    const code = `fetch("https://cdn.jsdelivr.net/npm/@emoji-mart/data")`;
    expect(await classesOf(code)).toEqual({ "https://cdn.jsdelivr.net": "external" });
  });

  it("are never written", async () => {
    const code = `fetch("https://unpkg.com/x", { method: "PUT" })`;
    expect(await classesOf(code)).toEqual({ "https://unpkg.com": "data" });
  });
});

describe("a file of the bundle", () => {
  const files = { "config.json": "{}", "locales/en.json": "{}", "main.wasm": "" };

  it.each([
    [`fetch("/config.json")`, "/config.json"],
    [`fetch("./config.json?v=3")`, "/config.json"],
    ["fetch(`/locales/${navigator.language}.json`)", "/locales/{localeId}.json"],
    [`WebAssembly.instantiateStreaming(fetch("/main.wasm"))`, "/main.wasm"],
  ])("is no operation: %s", async (code, path) => {
    const { operations, origins, sites } = await analyze(code, files);
    expect([operations, origins]).toEqual([[], []]);
    expect(sites).toMatchObject([
      { status: "excluded", reason: `${path} is a file of the bundle, which the sidecar serves` },
    ]);
  });

  it.each([
    `fetch("/settings.json")`,
    `fetch("/config.json", { method: "PUT" })`,
    `fetch("https://api.acme.example/config.json")`,
    "fetch(`/locales/${navigator.language}`)",
    "fetch(`/tenants/${navigator.language}.json`)",
  ])("is not what %s asks for", async (code) => {
    const { operations } = await analyze(code, files);
    expect(operations).toHaveLength(1);
  });

  it("leaves the other calls of a site", async () => {
    const code = `const get = (path) => fetch(path); get("/config.json"); get("/api/users");`;
    const { operations, sites } = await analyze(code, files);
    expect(operations).toMatchObject([{ path: "/api/users" }]);
    expect(sites).toMatchObject([{ status: "resolved", operations: [operations[0]?.id] }]);
  });
});
