/** Secrets that a literal shows by itself, wherever it stands: URLs with a password, private keys. */
import type { Program } from "../modules/program.ts";
import { literalText, type Node } from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import { connectionDrafts, type CredentialDraft } from "../operations/credentials.ts";
import type { SiteDraft } from "./recognizer.ts";

export type SecretDraft = CredentialDraft;

const marks = /:\/\/[^\s:@/"'`]+:[^\s@"'`]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----/g;
const withPassword = /^[a-z][a-z0-9+.-]*:\/\/[^\s:@/]*:([^\s@/]+)@([^\s/:?#]+)/i;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/=\s]{40}/;

/** Words of documentation, not passwords. */
const placeholder =
  /^(?:pass(?:word|wd)?|pwd|pw|secret|user|xxx+|\*+|\.+|<.*|\{.*|\$.*|%.*|your.*)$/i;
const placeholderHost =
  /^(?:host(?:name)?(?:\..*)?|.*\.tld|example\.(?:com|org|net)|localhost|.*\$\{.*)$/i;

function isSecret(text: string): boolean {
  if (privateKey.test(text)) return true;
  const match = withPassword.exec(text);
  if (match === null || /\s/.test(text)) return false;
  return !placeholder.test(match[1] ?? "") && !placeholderHost.test(match[2] ?? "");
}

function literalAt(unit: Unit, offset: number): Node | undefined {
  const node = unit.nodeAt(offset);
  if (node.type === "StringLiteral") return node;
  if (node.type !== "TemplateElement" && node.type !== "TemplateLiteral") return undefined;
  return node.type === "TemplateLiteral" ? node : unit.parentOf(node);
}

/** Literals that hold a secret and that no call has claimed. */
export function secretSites(program: Program, claimed: readonly SiteDraft[]): SecretDraft[] {
  const known = new Set(claimed.flatMap((site) => site.cuts.map((cut) => cut.at)));
  const drafts: SecretDraft[] = [];
  for (const unit of program.units) {
    for (const match of unit.script.code.matchAll(marks)) {
      const node = literalAt(unit, match.index);
      const text = literalText(node);
      if (node === undefined || text === undefined || known.has(node) || !isSecret(text)) continue;
      known.add(node);
      drafts.push(...connectionDrafts({ kind: "text", text, node }, null));
    }
  }
  return drafts;
}
