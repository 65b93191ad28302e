/** Hard-coded credentials that a call sends: the literals that hold one, their cuts, and what people are told (never the secret). */
import type { CredentialCut } from "../analysis.ts";
import { judgeText } from "../credentials/kinds.ts";
import { isPlaceholder } from "../credentials/placeholders.ts";
import type { Part, TextPart } from "../evaluate/values.ts";
import type { CutDraft, FindingDraft } from "../recognizers/recognizer.ts";
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
  readonly finding: FindingDraft;
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
  return holders(parts).map((part) => {
    const value = part.text.startsWith(prefix) ? part.text.slice(prefix.length) : part.text;
    return draft(part, value, told);
  });
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
