/** Hard-coded credentials: the literal that holds one, its cut, and what people are told of it (never the secret). */
import type { CredentialCut } from "../analysis.ts";
import type { Part, TextPart } from "../evaluate/values.ts";
import type { CutDraft, FindingDraft } from "../recognizers/recognizer.ts";
import type { SentCredential } from "./http-request.ts";

/** What stands in a bundle where a credential stood. */
export const strippedText = "govern-stripped";

/** A secret as it may be shown: its first and last characters, if it is long enough to hide. */
export function maskSecret(secret: string): string {
  if (secret.length < 12) return "…";
  return `${secret.slice(0, 4)}…${secret.slice(-2)}`;
}

const scheme = /^[A-Za-z]+ +/;

function joined(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
}

/** The literal that holds the credential itself: the longest known part after the scheme. */
function holder(parts: readonly Part[]): TextPart | undefined {
  const texts = parts.filter(
    (part): part is TextPart => part.kind === "text" && part.node !== undefined,
  );
  const [longest] = texts.toSorted(
    (a, b) => b.text.replace(scheme, "").length - a.text.replace(scheme, "").length,
  );
  return longest;
}

export interface CredentialDraft {
  readonly cut: CutDraft;
  readonly finding: FindingDraft;
}

function draft(
  at: NonNullable<TextPart["node"]>,
  value: string,
  told: { use: CredentialCut["use"]; message: string; within?: string },
): CredentialDraft {
  const { use, within } = told;
  return {
    cut: {
      at,
      cut: { kind: "credential", replacement: "", value, use },
      ...(within === undefined ? {} : { within }),
    },
    finding: {
      at,
      rule: "hardcoded-credential",
      message: told.message,
      fix: "Rotate it: it was public. The import takes it out, and the sidecar sends it instead.",
    },
  };
}

/** The cut and finding of a credential that a call sends; none where no single literal holds it. */
export function credentialDrafts({ parts, use }: SentCredential): CredentialDraft[] {
  const part = holder(parts);
  if (part?.node === undefined) return [];
  const whole = joined(parts);
  const prefix = scheme.exec(whole)?.[0] ?? "";
  const secret = part.text.startsWith(prefix) ? part.text.slice(prefix.length) : part.text;
  if (secret.length < 6) return [];
  if ("query" in use) {
    const message = `A credential (${maskSecret(secret)}) stands in the bundle and is sent in the query key ${use.query}.`;
    return [draft(part.node, secret, { use: null, message, within: secret })];
  }
  const message = `A credential (${maskSecret(secret)}) stands in the bundle and is sent in the header ${use.header} to ${use.origin}.`;
  return [draft(part.node, secret, { use: { ...use, prefix }, message })];
}

/** The cut and finding of a connection string. */
export function connectionDrafts(part: TextPart, client: string | null): CredentialDraft[] {
  if (part.node === undefined) return [];
  const message =
    client === null
      ? `A connection string with a password (${maskSecret(part.text)}) stands in the bundle.`
      : `The connection string of the SQL client ${client} (${maskSecret(part.text)}) stands in the bundle with its password.`;
  return [draft(part.node, part.text, { use: client === null ? null : { client }, message })];
}
