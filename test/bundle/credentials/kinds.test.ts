/**
 * One credential of each kind that has a form of its own, told with its place and its ends alone, and for each what looks
 * like it and is none. The values are put together here, so that they stand nowhere as they are.
 */
import { describe, expect, test } from "vitest";
import { inspectReportSchema } from "../../../src/contract/build.ts";
import { analyzeBundle } from "../../../src/bundle/analyze.ts";
import { bundleFrom } from "../../../src/bundle/files/read-bundle.ts";
import type { Finding } from "../../../src/contract/build.ts";

const letters = "q7Rk2Vw9Xz4Tb8Ny5Lm3Pd6Hs1Gf0JcKq8WdT5bN2mX9pL5wZ8tB3nC6hJ1fG0sYaErQ4vMu7Ie2";
const hexes = "4f9b2c7d81e34a06b5d2c8f01a7e6b3994c05fd8e172ab36c40f9d8e7b5a2c1d6f3e";
const digits = "5839201746172839405162";

/** Random text of some length. */
const r = (length: number): string => letters.slice(0, length);
const hex = (length: number): string => hexes.slice(0, length);
const digit = (length: number): string => digits.slice(0, length);
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (claims: object): string =>
  [base64({ alg: "HS256", typ: "JWT" }), base64(claims), r(24)].join(".");

const account = "Q7RK2VW9XZ4TB8NY";
const password = ["h0peful", "Robin"].join("-");
const pem = ["PRI", "VATE"].join("");
const project = { iss: "supabase", ref: "qkzvwmfhtbld" };
const hashLike = hex(32);

type Planted = readonly [kind: string, value: string, around?: (value: string) => string];

/** Kind, value, and what stands around it where it is not a literal of its own. */
const kinds: readonly Planted[] = [
  ["OpenRouter key", `sk-or-v1-${hex(64)}`],
  ["OpenAI key", `sk-proj-${r(48)}`],
  ["Anthropic key", `sk-ant-api03-${r(40)}`],
  ["Groq key", `gsk_${r(52)}`],
  ["Hugging Face token", `hf_${r(34).replaceAll(/\d/g, "k")}`],
  ["Replicate token", `r8_${r(37)}`],
  ["GitHub token", `gho_${r(36)}`],
  ["GitHub token", `github_pat_${r(22)}_${r(59)}`],
  ["GitLab token", `glpat-${r(20)}`],
  ["npm token", `npm_${r(36)}`],
  ["Slack token", `xoxp-${digit(12)}-${digit(12)}-${digit(12)}-${hex(32)}`],
  [
    "Slack webhook",
    `services/T0K8WDT5B/B0N2MX9PL5/${r(24)}`,
    (value) => `x={hook:"https://hooks.slack.com/${value}"}`,
  ],
  [
    "Discord webhook",
    `${digit(18)}/${r(68)}`,
    (value) => `x={hook:"https://discord.com/api/webhooks/${value}"}`,
  ],
  ["Discord bot token", `${Buffer.from(digit(18)).toString("base64url")}.${r(6)}.${r(38)}`],
  ["Telegram bot token", `${digit(10)}:AA${r(33)}`],
  ["Twilio API key", `SK${hex(32)}`],
  ["Twilio auth token", hex(32), (value) => `twilio("AC${hexes.slice(20, 52)}","${value}")`],
  ["SendGrid key", `SG.${r(22)}.${r(43)}`],
  ["Mailgun key", `key-${hex(32)}`],
  ["Brevo key", `xkeysib-${hex(64)}-${r(16)}`],
  ["Resend key", `re_${r(8)}_${r(24)}`],
  ["Stripe secret key", `rk_live_51H${r(24)}`],
  ["Stripe webhook secret", `whsec_${r(32)}`],
  ["Square token", `sq0atp-${r(22)}`],
  ["Shopify token", `shpat_${hex(32)}`],
  ["AWS access key", ["AKIA", account].join("")],
  ["AWS access key", ["ASIA", account].join("")],
  ["AWS secret access key", r(40), (value) => `x={secretAccessKey:"${value}"}`],
  ["Google API key", `AIza${r(35)}`],
  ["Google OAuth client secret", `GOCSPX-${r(28)}`],
  ["Google access token", `ya29.${r(60)}`],
  ["Supabase service_role key", jwt({ ...project, role: "service_role" })],
  ["Supabase secret key", `sb_secret_${r(31)}`],
  ["JSON Web Token", jwt({ sub: "robot", scope: "all" })],
  ["DigitalOcean token", `dop_v1_${hex(64)}`],
  ["PlanetScale password", `pscale_pw_${r(43)}`],
  ["Neon key", `napi_${r(60).toLowerCase()}`],
  ["Airtable token", `pat${r(14)}.${hex(64)}`],
  ["Mapbox secret token", `sk.${base64({ u: "acme", a: "ck" })}.${r(22)}`],
  ["Linear key", `lin_api_${r(40)}`],
  ["Notion token", `ntn_${digit(11)}${r(35)}`],
  [
    "private key",
    [`-----BEGIN RSA ${pem} KEY-----`, r(64), r(64), `-----END RSA ${pem} KEY-----`].join(
      String.raw`\n`,
    ),
  ],
  [
    "user and password",
    `robot:${password}`,
    (value) => `x("https://${value}@api.acme.example/v1")`,
  ],
  [
    "user and password",
    Buffer.from(`robot:${password}`).toString("base64"),
    (value) => `x={h:"Basic ${value}"}`,
  ],
  ["connection string", `postgresql://robot:${password}@db.acme.example/ledger`],
  ["connection string", `mysql://robot:${password}@db.acme.example:3306/ledger`],
  ["connection string", `mongodb+srv://robot:${password}@c0.acme.example/ledger`],
  ["connection string", `redis://:${password}@cache.acme.example:6379`],
  ["secret by its name", r(22), (value) => `x={clientSecret:"${value}"}`],
];

const literal = (value: string): string => `use(1);use("${value}",c)`;

async function findingsOf(code: string): Promise<readonly Finding[]> {
  const bundle = bundleFrom("/", [["main.js", Buffer.from(`(0,f)();\n  ${code};`)]]);
  const { findings } = await analyzeBundle(bundle, "desk");
  return inspectReportSchema.shape.findings.parse(findings);
}

/** What is told of a value: no more than its ends. */
function masked(message: string): string {
  return /\(([^()]*)\)/.exec(message)?.[1] ?? "";
}

describe("a credential", () => {
  test.each(kinds.map((one) => [one[0], one] as const))(
    "is told as %s, at its place, by its ends",
    async (kind, [, value, around]) => {
      const code = (around ?? literal)(value);
      const findings = await findingsOf(code);
      expect(findings.map(({ rule, line, column }) => [rule, line, column])).toEqual([
        ["hardcoded-credential", 2, 2 + code.indexOf(value)],
      ]);
      const [{ message } = { message: "" }] = findings;
      expect(message).toMatch(new RegExp(`^An? ${kind} \\(`));
      expect(message).not.toContain(value);
      const shown = masked(message);
      const [head = "", tail = ""] = shown.split("…");
      expect(shown).toContain("…");
      expect([value.startsWith(head), value.endsWith(tail)]).toEqual([true, true]);
      expect(head.length + tail.length).toBeLessThanOrEqual(Math.max(8, value.length / 3));
    },
  );
});

describe("a key that is public by design", () => {
  test.each([
    ["Supabase anon key", jwt({ ...project, role: "anon" })],
    ["Supabase publishable key", `sb_publishable_${r(31)}`],
    ["Stripe publishable key", `pk_live_51H${r(24)}`],
    ["Mapbox public token", `pk.${base64({ u: "acme", a: "ck" })}.${r(22)}`],
  ])("is a note: %s", async (kind, value) => {
    const findings = await findingsOf(literal(value));
    expect(findings).toMatchObject([{ rule: "public-key", severity: "note", line: 2 }]);
    expect(findings[0]?.message).toMatch(new RegExp(`^An? ${kind} \\(`));
  });
});

describe("what only looks like one", () => {
  test.each([
    ["a prefix alone", `x.startsWith("sk-or-v1-")`],
    ["a placeholder of a key", `use("sk-ant-${"x".repeat(40)}")`],
    ["a hash", `use("${hashLike}","${hex(40)}","${hex(64)}")`],
    ["a class name", `use("re_button_with_a_long_name SK-panel key-${"value".repeat(3)}")`],
    ["an identifier in capitals", `use("SK${hashLike.toUpperCase()}")`],
    ["an account without its token", `use("AC${hashLike}")`],
    ["a uuid", `use("7f1c2a94-4b7e-4a8e-9d2e-0f6b1c3d5e7a")`],
    ["an address of a webhook without its secret", `use("https://discord.com/api/webhooks/")`],
    [
      "a chain of members",
      `NotificationSettingsPages.routes.forTheCurrentOrganization7;x("MTE.1.2")`,
    ],
    ["an example in help", `use("postgres://user:password@localhost:5432/db")`],
    [
      "an address without a password",
      `use("https://robot@api.acme.example/","redis://cache:6379")`,
    ],
    ["a public key", `use("-----BEGIN PUBLIC KEY-----\\n${r(64)}\\n-----END PUBLIC KEY-----")`],
    [
      "a name under a key that is one",
      `use({secretName:"reports-signing-key",password:"Enter it"})`,
    ],
    [
      "base64 of no credential",
      `use({h:"Basic ${Buffer.from("no colon in it").toString("base64")}"})`,
    ],
    ["the word of a scheme", `use("Basic authentication")`],
    ["an image", `use("data:image/png;base64,${Buffer.from(letters).toString("base64")}")`],
  ])("%s is left alone", async (_name, code) => {
    expect(await findingsOf(code)).toEqual([]);
  });
});
