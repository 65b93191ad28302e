import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../../src/contract/canonical-json.ts";
import { redactSecrets } from "../../../src/sidecar/audit/secrets-rules.ts";
import { sampleEntry } from "../store/samples.ts";

const key = new Uint8Array(32).fill(3);
const rules = { key, values: () => ["ledger-credential-5f1c", "short"] };
const clean = (body: JsonValue): string =>
  JSON.stringify(redactSecrets(sampleEntry({ arguments: { body } }), rules).arguments);

describe("the secrets rules", () => {
  it.each([
    ["a Stripe key", `sk_live_${"4eC39HqLyjWD".repeat(2)}`],
    ["a JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLW9mLWl0"],
    ["a GitHub token", `ghp_${"a1B2c3D4e5F6g7H8i9J0".repeat(2)}`],
    ["an AWS key id", "AKIAIOSFODNN7EXAMPLE"],
    ["a bearer header", "Bearer abc.def-ghi_jkl"],
    [
      "a private key",
      "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END PRIVATE KEY-----",
    ],
    ["a password in an address", "postgres://app:hunter2hunter2@db/ledger"],
    ["a secret of this workspace", "ledger-credential-5f1c"],
  ])("take %s out of a text and leave the rest", (_, secret) => {
    const text = clean({ note: `before ${secret} after` });
    expect(text).toMatch(/before .*\[redacted:[\da-f]{64}\].* after/);
    for (const part of secret.split(/[\s:@]+/)) {
      if (part.length > 9) expect(text).not.toContain(part);
    }
  });

  it("take a text under the name of a secret, and leave what only looks like such a name", () => {
    const secrets = { password: "hunter2", "api-key": "k1", clientSecret: "s1", PIN: "1234" };
    const text = clean(secrets);
    expect(text.match(/\$redacted/g)).toHaveLength(4);
    expect(text).not.toContain("hunter2");
    const plain = { tokens: 12, passwordReset: true, shipping: "x", password: "" };
    expect(clean(plain)).toBe(JSON.stringify({ body: plain }));
  });

  it("keep equal values comparable under one key, and only there", () => {
    const marks = clean(["Bearer abcdefgh1234", "Bearer abcdefgh1234", "Bearer other-5678"]).match(
      /redacted:[\da-f]{64}/g,
    );
    expect(marks?.[0]).toBe(marks?.[1]);
    expect(marks?.[0]).not.toBe(marks?.[2]);
    const other = { ...rules, key: new Uint8Array(32).fill(4) };
    const entry = sampleEntry({ outcome: "Bearer abcdefgh1234" });
    expect(redactSecrets(entry, other).outcome).not.toBe(redactSecrets(entry, rules).outcome);
  });

  it("look into decisions, outcomes, lists and names of members", () => {
    const entry = sampleEntry({
      decision: { reason: "use ledger-credential-5f1c" },
      outcome: { request: { path: "/x/ledger-credential-5f1c" }, "ledger-credential-5f1c": [] },
    });
    expect(JSON.stringify(redactSecrets(entry, rules))).not.toContain("ledger-credential");
  });

  it("take no long time with hostile texts", () => {
    const started = process.cpuUsage();
    for (const part of ["://a:", "eyJ.eyJ", "-----BEGIN PRIVATE KEY-----", "sk-", "Bearer  "]) {
      const longest = part.repeat(Math.floor(4096 / part.length));
      clean({ texts: Array.from({ length: 16 }, () => longest) });
    }
    const { user } = process.cpuUsage(started);
    expect(user / 1e6).toBeLessThan(5);
  });
});
