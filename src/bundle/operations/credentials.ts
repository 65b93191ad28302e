/** Hard-coded credentials that a call sends: the literals that hold one, their cuts, and what people are told (never the secret). */
import type { CredentialCut } from "../analysis.ts";
import { judgeText } from "../credentials/kinds.ts";
import type { SplitCredential } from "../credentials/split-credentials.ts";
import { isPlaceholder } from "../credentials/placeholders.ts";
import type { Part, TextPart } from "../evaluate/values.ts";
import type { CutDraft, FindingDraft } from "../recognizers/recognizer.ts";
import { literalText } from "../modules/syntax.ts";
import type { SentCredential } from "./http-request.ts";

/** What to do about a credential that was published. */
export const rotate =
  "Rotate it: it was public. The import takes it out, and the sidecar sends it instead.";

/** A secret as it may be shown: its first and last characters, if it is long enough to hide. */
export function maskSecret(secret: string): string {
  if (secret.length < 12) return "…";
  return `${secret.slice(0, 4)}…${secret.slice(-2)}`;
}

/** `A Stripe secret key (sk_l…9f)`. */
export function credentialText(kind: string, secret: string): string {
  const article = /^(?:[AEIO]|npm)/i.test(kind) ? "An" : "A";
  return `${article} ${kind} (${maskSecret(secret)})`;
}

const scheme = /^[A-Za-z]+ +/;

/** The shortest part of a split secret that says something of it. */
const shortestPart = 6;

type HeldPart = TextPart & { readonly node: NonNullable<TextPart["node"]> };

/** The literals that hold the credential: all but a scheme and short pieces, or at least the longest. */
function holders(parts: readonly Part[]): HeldPart[] {
  const texts = parts
    .filter((part): part is HeldPart => part.kind === "text" && part.node !== undefined)
    .toSorted((a, b) => bare(b.text).length - bare(a.text).length);
  return texts.filter(({ text }, at) => at === 0 || bare(text).length >= shortestPart);
}

function bare(text: string): string {
  return text.replace(scheme, "");
}

/** A credential as one text; null where a part of it is only known at run time. */
function wholeText(parts: readonly Part[]): string | null {
  const texts = parts.map((part) => (part.kind === "text" ? part.text : null));
  return texts.includes(null) ? null : texts.join("");
}

export interface CredentialDraft {
  readonly cut: CutDraft;
  /** Null where another cut of the same credential has it. */
  readonly finding: FindingDraft | null;
}

interface Told {
  readonly secret: string;
  readonly use: CredentialCut["use"];
  readonly what: string;
  /** What is done with it: `and is sent in the header authorization to …`. */
  readonly doing: string;
  /** Only the run of the literal that holds it is cut. */
  readonly within: boolean;
  readonly isPublic: boolean;
}

function findingOf(at: HeldPart["node"], { what, doing, isPublic }: Told): FindingDraft {
  const message = `${what} stands in the bundle ${doing}.`;
  return isPublic
    ? { at, rule: "public-key", message: `${message} It is public by design.` }
    : { at, rule: "hardcoded-credential", message, fix: rotate };
}

function draft(part: HeldPart, value: string, told: Told): CredentialDraft {
  const { use, secret } = told;
  const kept = secret === value ? {} : { secret };
  return {
    cut: {
      at: part.node,
      cut: { kind: "credential", replacement: "", value, ...kept, use },
      ...(told.within ? { within: value } : {}),
    },
    finding: findingOf(part.node, told),
  };
}

function placeText(use: SentCredential["use"]): string {
  return "header" in use ? `the header ${use.header}` : `the query key ${use.query}`;
}

/** The cuts and findings of a credential that a call sends; none where no literal holds it. */
export function credentialDrafts({ parts, use }: SentCredential): CredentialDraft[] {
  const whole = wholeText(parts);
  if (whole === null || isPlaceholder(whole)) return [];
  const prefix = "header" in use ? (scheme.exec(whole)?.[0] ?? "") : "";
  const secret = whole.slice(prefix.length);
  if (secret.length < shortestPart) return [];
  const judged = judgeText(secret);
  const told: Told = {
    secret,
    use: "header" in use ? { ...use, prefix } : use,
    what: credentialText(judged?.kind ?? "credential", secret),
    doing: `and is sent in ${placeText(use)} to ${use.origin}`,
    within: "query" in use,
    isPublic: judged?.isPublic ?? false,
  };
  return withOneFinding(holders(parts).map((part) => draft(part, heldText(part, prefix), told)));
}

/** What of the credential stands in a literal; a literal that is encoded before it is sent holds it all. */
function heldText({ text, node }: HeldPart, prefix: string): string {
  const literal = literalText(node);
  if (literal !== undefined && !literal.includes(text)) return literal;
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

/** The cuts and finding of a credential that no call is seen to send, put together from several literals. */
export function splitDrafts({ parts, kind }: SplitCredential): CredentialDraft[] {
  const secret = wholeText(parts) ?? "";
  const told: Told = {
    secret,
    use: null,
    what: credentialText(kind, secret),
    doing: "in pieces",
    within: false,
    isPublic: false,
  };
  return withOneFinding(holders(parts).map((part) => draft(part, part.text, told)));
}

/** The pieces of a credential are told as one. */
function withOneFinding(drafts: readonly CredentialDraft[]): CredentialDraft[] {
  return drafts.map((one, at) => (at === 0 ? one : { ...one, finding: null }));
}

/** The cut and finding of a SQL client's connection string. */
export function connectionDrafts(part: TextPart, client: string): CredentialDraft[] {
  if (part.node === undefined) return [];
  const told: Told = {
    secret: part.text,
    use: { client },
    what: `The connection string of the SQL client ${client} (${maskSecret(part.text)})`,
    doing: "with its password",
    within: false,
    isPublic: false,
  };
  return [draft({ ...part, node: part.node }, part.text, told)];
}

/** The cut and finding of the token of a SQL client whose address is no secret. */
export function tokenDrafts(part: TextPart, client: string): CredentialDraft[] {
  if (part.node === undefined || isPlaceholder(part.text)) return [];
  const told: Told = {
    secret: part.text,
    use: null,
    what: `The token of the SQL client ${client} (${maskSecret(part.text)})`,
    doing: "and opens its database",
    within: false,
    isPublic: false,
  };
  return [draft({ ...part, node: part.node }, part.text, told)];
}
