import { describe, expect, test } from "vitest";
import { scanText } from "../../../src/bundle/credentials/scan-text.ts";

const part = (text: string): string => Buffer.from(text).toString("base64url");
const jwt = (claims: object): string =>
  `${part('{"alg":"HS256","typ":"JWT"}')}.${part(JSON.stringify(claims))}.Qm9Xc2VrcmV0X3NpZ25hdHVyZQ`;

const serviceRole = jwt({ iss: "supabase", ref: "qkzvwmfhtbld", role: "service_role" });
const anon = jwt({ iss: "supabase", ref: "qkzvwmfhtbld", role: "anon" });
const pemBody = Buffer.from("a private key that is long enough to be one, in DER or so").toString(
  "base64",
);
const pem = `-----BEGIN PRIVATE KEY-----\\n${pemBody}\\n-----END PRIVATE KEY-----`;
const random = "q7Rk2Vw9Xz4Tb8Ny5Lm3Pd6Hs1Gf0Jc";

const secrets: readonly (readonly [string, string])[] = [
  ["Stripe secret key", `sk_live_51H${random}`],
  ["Stripe secret key", `rk_test_51H${random}`],
  ["Stripe webhook secret", `whsec_${random}`],
  ["Google API key", "AIzaSyD4kR7vQ2mX9pL5wZ8tB3nC6hJ1fG0sYaE"],
  ["Google OAuth client secret", "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"],
  ["Supabase service_role key", serviceRole],
  ["JSON Web Token", jwt({ sub: "robot", scope: "all" })],
  ["Supabase secret key", `sb_secret_${random}`],
  ["OpenAI key", `sk-proj-${random}${random}`],
  ["OpenAI key", `sk-${random}aB3dE6gH9jK2`],
  ["Anthropic key", `sk-ant-api03-${random}-${random}AA`],
  ["AWS access key", "AKIAQ7RK2VW9XZ4TB8NY"],
  ["AWS secret access key", "wJ4lrXUtnFEMIK7MDENGbPxRfiCYz8pQkLmN3vBt"],
  ["GitHub token", `ghp_${random}Kq8Wd`],
  ["GitLab token", `glpat-${random}`],
  ["npm token", `npm_${random}Kq8Wd`],
  ["Slack token", "xoxb-172839405162-172839405163-q7Rk2Vw9Xz4Tb8Ny5Lm3Pd6H"],
  ["SendGrid key", `SG.${random.slice(0, 22)}.${random}Kq8Wd3Fz5Hj7`],
  ["Telegram bot token", "5839201746:AAq7Rk2Vw9Xz4Tb8Ny5Lm3Pd6Hs1Gf0JcKq"],
  ["private key", pem],
  ["user and password", "robot:h0peful-Robin"],
  ["connection string", "postgres://robot:h0peful-Robin@db.acme.example:5432/ledger"],
  ["connection string", "mongodb+srv://robot:h0peful-Robin@cluster0.acme.example/ledger"],
  ["secret by its name", "q7Rk2Vw9Xz4Tb8Ny5Lm3"],
];

/** A literal as a bundle would have it. */
function inCode(kind: string, value: string): string {
  if (kind === "AWS secret access key") return `{aws_secret_access_key:"${value}"}`;
  if (kind === "secret by its name") return `{clientSecret:"${value}"}`;
  if (kind === "user and password") return `fetch("https://${value}@api.acme.example/x")`;
  return `const a=b("x"),k="${value}",c=1;`;
}

describe("a credential of each kind", () => {
  test.each(secrets)("%s is found where it stands", async (kind, value) => {
    const text = inCode(kind, value);
    const hits = await scanText(text);
    expect(hits.map((hit) => [hit.kind, hit.value, hit.isPublic])).toEqual([[kind, value, false]]);
    expect(text.slice(hits[0]?.start, hits[0]?.end)).toContain(value);
  });

  test("is found behind an escape, in a comment and between other tokens", async () => {
    const key = `sk_live_51H${random}`;
    for (const text of [`"\\n${key}"`, `/* ${key} */`, `{"a":"${key}","b":1}`, `a=${key}\n`]) {
      expect((await scanText(text)).map(({ value }) => value)).toEqual([key]);
    }
  });

  test("is not hidden by a comment for the scanner", async () => {
    const text = `/* secretlint-disable */ const k="ghp_${random}Kq8Wd"; /* secretlint-enable */`;
    expect(await scanText(text)).toHaveLength(1);
  });

  test("is found in base64, alone and inside a longer text, and written out again without it", async () => {
    const key = `sk_live_51H${random}`;
    const worker = Buffer.from(`self.onmessage=()=>{use("${key}")}; // inlined worker`);
    const [hit, ...more] = await scanText(`const w=atob("${worker.toString("base64")}")`);
    expect([hit?.value, more]).toEqual([key, []]);
    expect(Buffer.from(hit?.replacement ?? "", "base64").toString()).toContain(
      'use("govern-stripped")',
    );
  });

  test("of a user and password in base64 is found behind its scheme", async () => {
    const encoded = Buffer.from("robot:h0peful-Robin").toString("base64");
    const hits = await scanText(`headers:{Authorization:"Basic ${encoded}"}`);
    expect(hits.map(({ kind, value }) => [kind, value])).toEqual([["user and password", encoded]]);
  });

  test("in a web address leaves the address as it leads", async () => {
    const text = 'fetch("https://robot:h0peful-Robin@api.acme.example/x")';
    const [hit] = await scanText(text);
    expect(hit?.origin).toBe("https://api.acme.example");
    const after = text.slice(0, hit?.start) + (hit?.replacement ?? "?") + text.slice(hit?.end);
    expect(after).toBe('fetch("https://api.acme.example/x")');
  });
});

test("thousands of credentials are found in time that grows with the text", async () => {
  const tokens = Array.from({ length: 20_000 }, (_, at) => `ghp_${random}${10_000 + at}`);
  const before = process.cpuUsage();
  expect(await scanText(tokens.join(" "))).toHaveLength(tokens.length);
  // Seconds if it is linear, an hour if every hit is held against every other.
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(60);
}, 120_000);

describe("a key that is public by design", () => {
  test.each([
    ["Supabase anon key", `createClient(u,"${anon}")`],
    ["Supabase publishable key", `createClient(u,"sb_publishable_${random}")`],
    ["Stripe publishable key", `loadStripe("pk_live_51H${random}")`],
    ["Stripe publishable key", `loadStripe("pk_test_51H${random}")`],
    [
      "Google key of a web app",
      '{apiKey:"AIzaSyD4kR7vQ2mX9pL5wZ8tB3nC6hJ1fG0sYaE",authDomain:"a.firebaseapp.com"}',
    ],
    ["Mapbox public token", `t="pk.${part('{"u":"acme","a":"ck"}')}.q7Rk2Vw9Xz4Tb8Ny5Lm3Pd"`],
  ])("%s is no secret", async (kind, text) => {
    expect((await scanText(text)).map((hit) => [hit.kind, hit.isPublic])).toEqual([[kind, true]]);
  });
});

describe("what only looks like a credential", () => {
  test.each([
    ['placeholder:"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"'],
    ['placeholder:"sk-ant-xxxxxxxxxxxxxxxxxxxxxxxxxxxx"'],
    ['help:"postgres://user:password@localhost:5432/db"'],
    ['help:"https://user:pass@example.com/"'],
    ["e.startsWith('sk_live_')"],
    ["/^AIza[0-9A-Za-z_-]{35}$/"],
    ['className:"sk-folding-cube sk-circle-fade-dot task-list-item-checkbox"'],
    ['clientSecret:"client_secret_basic",secretName:"oauth2-client-secret-name"'],
    ['password:"auth.login.password.placeholder.text"'],
    ["-----BEGIN PRIVATE KEY-----"],
    [`"${part('{"alg":"HS256"}')}.not-a-payload.q7Rk2Vw9Xz4Tb8Ny5Lm3"`],
    [
      `"${part('{"alg":"HS256","typ":"JWT"}')}.${part('{"sub":"1234567890","name":"John Doe"}')}.SflKxwRJSMeKKF2QT4fwpM"`,
    ],
    ['x="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"'],
    ["AKIAIOSFODNN7EXAMPLE"],
  ])("%s is left alone", async (text) => {
    expect(await scanText(text)).toEqual([]);
  });
});
