/** Credentials that stand in texts, as findings and cuts. A call that sends one has claimed it already: see http-site.ts. */
import type { Finding } from "../../contract/build.ts";
import type { CredentialCut, Cut } from "../analysis.ts";
import { isTelling } from "../credentials/forms.ts";
import type { BundleCredential } from "../credentials/scan-bundle.ts";
import { codeOffset, holds } from "../files/script-place.ts";
import type { Program } from "../modules/program.ts";
import type { Unit } from "../modules/unit.ts";
import { credentialText, rotate } from "../operations/credentials.ts";
import type { SiteDraft } from "../recognizers/recognizer.ts";
import type { Places } from "./places.ts";

interface Found {
  readonly credentials: readonly BundleCredential[];
  /** The cuts of sites. */
  readonly claimed: readonly Cut[];
  readonly program: Program;
  readonly places: Places;
}

const literals: ReadonlySet<string> = new Set([
  "StringLiteral",
  "TemplateElement",
  "TemplateLiteral",
  "DirectiveLiteral",
  "RegExpLiteral",
]);

function covers(unit: Unit, { file, start }: BundleCredential): boolean {
  const { script } = unit;
  return script.file === file && holds(script, { start, end: start + 1 });
}

/** Whether text may be put there: code is no text, but for its literals and comments. */
function isText(program: Program, credential: BundleCredential): boolean {
  const unit = program.units.find((one) => covers(one, credential));
  if (unit === undefined) return true;
  const offset = codeOffset(unit.script, credential.start);
  if (literals.has(unit.nodeAt(offset).type)) return true;
  return (unit.tree.comments ?? []).some(
    ({ start, end }) => (start ?? 0) <= offset && offset < (end ?? 0),
  );
}

function findingOf({ places }: Found, credential: BundleCredential): Finding {
  const { file, start, source, kind, value, isPublic } = credential;
  const at = source === undefined ? places.at(file, start) : { file, line: 1, column: 0, source };
  const what = credentialText(kind, value);
  const place = {
    file: at.file,
    line: at.line,
    column: at.column,
    ...(at.source === undefined ? {} : { source: at.source }),
  };
  if (isPublic) {
    return {
      rule: "public-key",
      severity: "note",
      ...place,
      message: `${what} stands in the bundle. It is public by design.`,
    };
  }
  const where = source === undefined ? "in the bundle" : "in the sources that a source map carries";
  return {
    rule: "hardcoded-credential",
    severity: "error",
    ...place,
    message: `${what} stands ${where}.`,
    fix: rotate,
  };
}

function cutOf({
  file,
  start,
  end,
  value,
  replacement,
  origin,
  kind,
}: BundleCredential): CredentialCut {
  const cut = { kind: "credential", file, start, end, value, replacement } as const;
  if (origin !== undefined) {
    const use = { header: "authorization", origin, prefix: "Basic " };
    return { ...cut, secret: Buffer.from(value).toString("base64"), use };
  }
  const secret = kind === "private key" ? value.replaceAll(String.raw`\n`, "\n") : value;
  return { ...cut, use: null, ...(secret === value ? {} : { secret }) };
}

function isClaimed({ file, start, end }: BundleCredential, claimed: readonly Cut[]): boolean {
  return claimed.some(
    (cut) =>
      (cut.kind === "credential" || cut.kind === "client") &&
      cut.file === file &&
      cut.start < end &&
      start < cut.end,
  );
}

/** What is told of the credentials that no call claims, and what takes them out. Public ones stay. */
export function textCredentials(found: Found): { findings: Finding[]; cuts: CredentialCut[] } {
  const own = found.credentials.filter(
    (one) =>
      one.source !== undefined || (!isClaimed(one, found.claimed) && isText(found.program, one)),
  );
  const secrets = own.filter((one) => !one.isPublic && one.source === undefined);
  return { findings: own.map((one) => findingOf(found, one)), cuts: secrets.map(cutOf) };
}

/**
 * Sites without the operations that would carry a credential into the contract, as where a webhook's address is one: such a
 * site is open.
 */
export function withoutSecrets(
  drafts: readonly SiteDraft[],
  credentials: readonly BundleCredential[],
): SiteDraft[] {
  const sent = drafts.flatMap(({ cuts }) =>
    cuts.flatMap(({ cut }) => (cut.kind === "credential" ? [cut.value, cut.secret ?? ""] : [])),
  );
  const secrets = credentials.filter((one) => !one.isPublic).map(({ value }) => value);
  const values = [...new Set([...sent, ...secrets])].filter(isTelling);
  if (values.length === 0) return [...drafts];
  const leaks = (operation: unknown): boolean => {
    const text = JSON.stringify(operation);
    return values.some((value) => text.includes(JSON.stringify(value).slice(1, -1)));
  };
  return drafts.map((draft) => {
    const operations = draft.operations.filter((operation) => !leaks(operation));
    if (operations.length === draft.operations.length) return draft;
    return {
      ...draft,
      operations,
      calls: (draft.calls ?? []).filter(({ operation }) => !leaks(operation)),
      status: "open",
      reason: "a credential is part of its address or text",
    };
  });
}
