/**
 * Credentials that are known by what they look like. Each kind says how it is called, what its text is, and whether a match
 * is one: secret, public by design, or neither. Kinds that secretlint knows well are not here: see known-tokens.ts.
 */
import { judgeToken } from "./json-web-token.ts";
import { isPlaceholder, looksRandom } from "./placeholders.ts";

export interface Judgment {
  readonly kind: string;
  /** Published by its vendor's own design: told, never a fault. */
  readonly isPublic: boolean;
}

export interface CredentialKind {
  /** Global. The group `secret` is the credential where the match is more than that. */
  readonly pattern: RegExp;
  /** Null: it only looks like one. */
  judge(match: RegExpMatchArray, around: string): Judgment | null;
}

const secret = (kind: string): Judgment => ({ kind, isPublic: false });
const published = (kind: string): Judgment => ({ kind, isPublic: true });

/** A token with a prefix of its own. */
function token(kind: string, pattern: RegExp, isPublic = false): CredentialKind {
  return {
    pattern,
    judge: (match) =>
      isPlaceholder(match.groups?.["secret"] ?? match[0]) ? null : { kind, isPublic },
  };
}

/** The settings that the web SDK of Firebase, or the script of Google Maps, is given: these keys are restricted by origin. */
const webSettings =
  /authDomain|messagingSenderId|storageBucket|firebaseapp|maps\.googleapis\.com|maps\/api\/js/;

const google: CredentialKind = {
  pattern: /(?<![\w-])AIza[\w-]{35}(?![\w-])/g,
  judge(match, around) {
    if (isPlaceholder(match[0])) return null;
    return webSettings.test(around)
      ? published("Google key of a web app")
      : secret("Google API key");
  },
};

const jsonWebToken: CredentialKind = {
  pattern: /(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{4,4000}\.[\w-]{16,1000}/g,
  judge: (match) => judgeToken(match[0]),
};

const basicHeader: CredentialKind = {
  pattern: /\bBasic\s{1,4}(?<secret>[A-Za-z0-9+/]{8,400}={0,2})(?![\w+/=-])/g,
  judge(match) {
    const text = Buffer.from(match.groups?.["secret"] ?? "", "base64").toString("utf8");
    const [, password] = /^[\x21-\x39\x3b-\x7e]{1,100}:([\x20-\x7e]{1,200})$/.exec(text) ?? [];
    return password === undefined || isPlaceholder(password) ? null : secret("user and password");
  },
};

/** A random text under a name such as `clientSecret`: the weakest sign, asked last. */
export const namedSecret: CredentialKind = {
  pattern:
    /(?<![A-Za-z0-9])[\w$-]{0,40}(?:secret|passw(?:or)?d|private_?key|service_?role|admin_?(?:key|token))[\w$-]{0,20}["'`]?\s{0,4}[:=]\s{0,4}(?<quote>["'`])(?<secret>[^"'`\s\\]{16,200})\k<quote>/gi,
  judge: (match) =>
    looksRandom(match.groups?.["secret"] ?? "") ? secret("secret by its name") : null,
};

/** What a text is, if all of it is a credential of a known kind. */
export function judgeText(text: string): Judgment | null {
  for (const kind of credentialKinds) {
    for (const match of text.matchAll(kind.pattern)) {
      const judgment = match[0] === text ? kind.judge(match, text) : null;
      if (judgment !== null) return judgment;
    }
  }
  return null;
}

const body = "[A-Za-z0-9]";

/** In order: of two that overlap the first one counts. */
export const credentialKinds: readonly CredentialKind[] = [
  {
    pattern:
      /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[^"'`]){40,12000}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
    judge: (match) => (/[A-Za-z0-9+/=]{40}/.test(match[0]) ? secret("private key") : null),
  },
  token("Stripe secret key", /(?<![A-Za-z0-9])[sr]k_(?:live|test)_[A-Za-z0-9]{10,250}/g),
  token("Stripe publishable key", /(?<![A-Za-z0-9])pk_(?:live|test)_[A-Za-z0-9]{10,250}/g, true),
  token("Stripe webhook secret", /(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/=]{24,100}/g),
  google,
  token("Google OAuth client secret", /(?<![A-Za-z0-9])GOCSPX-[\w-]{20,60}/g),
  token("Google access token", /(?<![\w.])ya29\.[\w-]{30,500}/g),
  token("Supabase secret key", /(?<![A-Za-z0-9])sb_secret_[\w-]{16,100}/g),
  token("Supabase publishable key", /(?<![A-Za-z0-9])sb_publishable_[\w-]{16,100}/g, true),
  jsonWebToken,
  token("Anthropic key", /(?<![\w-])sk-ant-[\w-]{20,250}/g),
  token("OpenRouter key", /(?<![\w-])sk-or-(?:v\d-)?[\w-]{20,250}/g),
  token("OpenAI key", /(?<![\w-])sk-(?:proj|svcacct|admin|None)-[\w-]{20,250}/g),
  {
    pattern: new RegExp(`(?<![\\w-])sk-${body}{32,64}(?![\\w-])`, "g"),
    judge: (match) => (looksRandom(match[0].slice(3)) ? secret("OpenAI key") : null),
  },
  token(
    "AWS secret access key",
    /(?:secret_?access_?|aws_?secret_?)key["'`]?\s{0,4}[:=]\s{0,4}["'`]?(?<secret>[A-Za-z0-9/+=]{40})(?![A-Za-z0-9/+=])/gi,
  ),
  token("AWS access key", /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g),
  token(
    "Telegram bot token",
    /(?<![A-Za-z0-9])(?:bot)?(?<secret>\d{8,10}:AA[\w-]{32,35})(?![\w-])/g,
  ),
  token(
    "Discord webhook",
    /https:\/\/(?:\w+\.)?discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/(?<secret>\d{15,22}\/[\w-]{50,100})/g,
  ),
  token(
    "Slack webhook",
    /https:\/\/hooks\.slack\.com\/(?<secret>(?:services|workflows)\/[\w/]{20,120})/g,
  ),
  {
    // It begins with the number of its bot, in base64.
    pattern: /(?<![\w.-])(?<bot>[MNO][A-Za-z0-9_-]{23,27})\.[\w-]{6}\.[\w-]{27,40}(?![\w.-])/g,
    judge(match) {
      const bot = Buffer.from(match.groups?.["bot"] ?? "", "base64url").toString("latin1");
      return /^\d{15,21}$/.test(bot) ? secret("Discord bot token") : null;
    },
  },
  token("Twilio API key", /(?<![A-Za-z0-9])SK[a-f0-9]{32}(?![A-Za-z0-9])/g),
  token(
    "Twilio auth token",
    /AC[a-f0-9]{32}["'`]?\s{0,4}[,:]\s{0,4}["'`]?(?<secret>[a-f0-9]{32})(?![A-Za-z0-9])/g,
  ),
  token("Mailgun key", /(?<![A-Za-z0-9])key-[a-f0-9]{32}(?![A-Za-z0-9])/g),
  token("Resend key", /(?<![A-Za-z0-9])re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,30}(?![A-Za-z0-9])/g),
  token("DigitalOcean token", /(?<![A-Za-z0-9])do[opr]_v1_[a-f0-9]{64}/g),
  token("PlanetScale password", /(?<![A-Za-z0-9])pscale_(?:pw|tkn|oauth)_[\w.-]{32,64}/g),
  token("Square token", /(?<![A-Za-z0-9])sq0(?:atp|csp)-[\w-]{22,60}/g),
  token("Brevo key", /(?<![A-Za-z0-9])xkeysib-[a-f0-9]{64}-\w{16}/g),
  token("Neon key", /(?<![A-Za-z0-9])napi_[a-z0-9]{40,80}/g),
  token("Replicate token", /(?<![A-Za-z0-9])r8_[A-Za-z0-9]{37}(?![A-Za-z0-9])/g),
  token("Hugging Face token", /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,40}(?![A-Za-z0-9])/g),
  token("Airtable token", /(?<![A-Za-z0-9])pat[A-Za-z0-9]{14}\.[a-f0-9]{64}/g),
  token("Mapbox secret token", /(?<![\w.])sk\.eyJ[\w-]{20,500}\.[\w-]{20,100}/g),
  token("Mapbox public token", /(?<![\w.])pk\.eyJ[\w-]{20,500}\.[\w-]{20,100}/g, true),
  basicHeader,
];
