/**
 * Finds what must not stand in an entry wherever it stands: values of this workspace's own secrets, texts that have the form
 * of a credential, and members that are called one. Each is replaced by a keyed digest, so that equal values stay comparable.
 */
import { createHmac } from "node:crypto";
import type { NewAuditEntry } from "../../contract/audit-entry.ts";
import { canonicalJson, type JsonValue } from "../../contract/canonical-json.ts";

/** Names of members whose texts are credentials, whatever they look like; compared without case, dashes and underscores. */
const secretName =
  /(?:password|passwd|passphrase|passcode|secret|apikey|accesskey|privatekey|authorization|cookie|cardnumber|token)$|^(?:cvv|cvc|pin|otp)$/;

/**
 * Credentials by their form: prefixes that vendors gave their tokens, JSON web tokens, private keys, headers, addresses with
 * a password. Bounded, so that no text takes long.
 */
const secretForm = new RegExp(
  [
    /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----[^"]{0,12000}?(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|$)/,
    /\beyJ[\w-]{8,4000}\.eyJ[\w-]{4,8000}\.[\w-]{8,2000}/,
    /\b[srp]k_(?:live|test)_[A-Za-z0-9]{8,250}/,
    /\bwhsec_[A-Za-z0-9+/=]{16,100}/,
    /\bAIza[\w-]{35}/,
    /\bGOCSPX-[\w-]{20,60}/,
    /\bya29\.[\w-]{20,500}/,
    /\bsb_secret_[\w-]{16,100}/,
    /\bsk-[\w-]{20,250}/,
    /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
    /\bgh[pousr]_[A-Za-z0-9]{30,255}/,
    /\bgithub_pat_\w{20,255}/,
    /\bglpat-[\w-]{18,60}/,
    /\bxox[abeoprs]-[\w-]{10,250}/,
    /\bnpm_[A-Za-z0-9]{30,60}/,
    /\bSG\.[\w-]{16,40}\.[\w-]{16,80}/,
    /\bhf_[A-Za-z0-9]{30,40}/,
    /\bhv[sbr]\.[\w-]{20,200}/,
    /\bdo[opr]_v1_[a-f0-9]{64}/,
    /\bshp(?:pa|ca|at|ss)_[a-fA-F0-9]{32}/,
    /\b(?:Bearer|Basic)\s+[A-Za-z0-9+/_.~=-]{8,4000}/,
    /:\/\/[^\s:@/"]{0,200}:[^\s@"/]{1,200}@/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** Shorter values are words that stand anywhere. */
const shortestSecret = 8;
/** As deep as a request's body may be nested, and more. */
const deepest = 200;

export interface SecretsRules {
  /** 32 secret bytes. */
  readonly key: Uint8Array;
  /** The resolved secrets of this workspace. */
  readonly values: () => Iterable<string>;
}

function digestOf(key: Uint8Array, text: string): string {
  return createHmac("sha256", key).update(canonicalJson(text)).digest("hex");
}

function isSecretName(name: string): boolean {
  return secretName.test(name.toLowerCase().replaceAll(/[-_\s]/g, ""));
}

class Cleaning {
  readonly #key: Uint8Array;
  readonly #values: readonly string[];

  constructor({ key, values }: SecretsRules) {
    this.#key = key;
    this.#values = [...values()]
      .filter((value) => value.length >= shortestSecret)
      .toSorted((a, b) => b.length - a.length);
  }

  #mark(text: string): string {
    return `[redacted:${digestOf(this.#key, text)}]`;
  }

  text(text: string): string {
    let clean = text;
    for (const value of this.#values) {
      if (clean.includes(value)) clean = clean.replaceAll(value, this.#mark(value));
    }
    return clean.replaceAll(secretForm, (match) => this.#mark(match));
  }

  /** The value without secrets, in texts and in names of members; the same one where it holds none. */
  value(value: JsonValue, depth = 0): JsonValue {
    if (typeof value === "string") return this.text(value);
    if (value === null || typeof value !== "object") return value;
    if (depth > deepest) return this.#mark(canonicalJson(value));
    if (Array.isArray(value)) return value.map((item) => this.value(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        this.text(name),
        typeof item === "string" && item !== "" && isSecretName(name)
          ? { $redacted: digestOf(this.#key, item) }
          : this.value(item, depth + 1),
      ]),
    );
  }
}

/** Takes secrets out of an entry that was capped: of what a call said, how it was decided, how it ended. */
export function redactSecrets(entry: NewAuditEntry, rules: SecretsRules): NewAuditEntry {
  const cleaning = new Cleaning(rules);
  return {
    ...entry,
    arguments: cleaning.value(entry.arguments),
    decision: cleaning.value(entry.decision),
    outcome: cleaning.value(entry.outcome),
    correlation: cleaning.text(entry.correlation),
  };
}
