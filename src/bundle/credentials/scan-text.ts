/**
 * Credentials in a text, whatever it is: a script, a page, JSON. One cheap pass finds marks; only what stands around a mark
 * is looked at closely, by the rules of secretlint and by our own.
 */
import { addressCredentials } from "./addresses.ts";
import { encodedHits } from "./base64.ts";
import { credentialKinds, namedSecret, type CredentialKind } from "./kinds.ts";
import { knownTokens } from "./known-tokens.ts";

/** A credential in a text. */
export interface CredentialHit {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
  /** The credential itself. Never printed. */
  readonly value: string;
  readonly isPublic: boolean;
  /** What takes its place. */
  readonly replacement: string;
  /** Of a user and password in a web address: the origin they are for. */
  readonly origin?: string;
}

/** What takes a credential's place. */
export const strippedText = "govern-stripped";

/** Beginnings and words that every credential has one of. */
const marks =
  /AKIA|ASIA|[Ss]ecret_?[Aa]ccess_?[Kk]ey|SECRET_ACCESS_KEY|_authToken|npm_[A-Za-z0-9]{30}|xox[abopr]-|xapp-|hooks\.slack|:\/\/[^\s:@/"'`<>]{0,200}:[^\s@"'`/]{1,200}@|sk-(?:proj|svcacct|admin|None|ant|or)-|sk-[A-Za-z0-9]{20}|gsk_|hf_[a-zA-Z0-9]{30}|lin_api_|ntn_\d|PRIVATE KEY|SG\.\w{10}|shp(?:pa|ca|at|ss)_|gh[pousr]_|github_pat_|glpat-|glc_|glsa_|ops_ey|hv[sbr]\.[\w-]{40}|vc[piark]_|dapi[A-Fa-f0-9]{32}|dckr_pat_|figd_|[srp]k_(?:live|test)_|whsec_|AIza|GOCSPX-|ya29\.|eyJ|sb_(?:secret|publishable)_|:AA[\w-]{30}|api\/(?:v\d+\/)?webhooks|do[opr]_v1_|pscale_|r8_[A-Za-z0-9]{30}|sq0[a-z]{3}-|xkeysib-|napi_|pat[A-Za-z0-9]{14}\.|Basic [A-Za-z0-9+/]{8}|[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.|(?:SK|AC|key-)[a-f0-9]{32}|re_[A-Za-z0-9]{8}_/g;
const namesOfSecrets =
  /(?:[Ss](?:ecret|ECRET)|[Pp](?:assw|ASSW)|[Pp](?:rivate|RIVATE)_?[Kk]|[Ss](?:ervice|ERVICE)_?[Rr]|[Aa](?:dmin|DMIN)_?[KTkt])[\w$-]{0,24}["'`]?\s?[:=]\s?["'`]/g;

const before = 400;
const after = 2500;
const afterKey = 13_000;

export interface Window {
  readonly start: number;
  readonly end: number;
}

function windowsOf(text: string): Window[] {
  const found = [...text.matchAll(marks), ...text.matchAll(namesOfSecrets)].toSorted(
    (a, b) => a.index - b.index,
  );
  const windows: { start: number; end: number }[] = [];
  for (const { 0: mark, index } of found) {
    const start = Math.max(0, index - before);
    const end = Math.min(text.length, index + (mark === "PRIVATE KEY" ? afterKey : after));
    const last = windows.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else windows.push({ start, end });
  }
  return windows;
}

/** Escapes of white space end in a letter, which would hide that a token begins behind it. */
function withoutEscapes(text: string): string {
  return text.replaceAll(/\\[nrtbfv]/g, "  ");
}

function kindHits(kind: CredentialKind, text: string): CredentialHit[] {
  return [...text.matchAll(kind.pattern)].flatMap((match) => {
    const around = text.slice(Math.max(0, match.index - before), match.index + before);
    const judgment = kind.judge(match, around);
    if (judgment === null) return [];
    const value = match.groups?.["secret"] ?? match[0];
    const start = match.index + match[0].lastIndexOf(value);
    return [{ start, end: start + value.length, value, replacement: strippedText, ...judgment }];
  });
}

function addressHits(text: string): CredentialHit[] {
  return addressCredentials(text).map(({ start, end, kind, value, origin }) => ({
    start,
    end,
    kind,
    value,
    isPublic: false,
    ...(origin === null
      ? { replacement: strippedText }
      : // The address must still lead where it led.
        { replacement: "", origin }),
  }));
}

/** Longest text that secretlint is given at once: what it spends grows faster than the number of its findings. */
const slice = 16_000;
/** Longer than any token. */
const overlap = 3000;

async function tokenHits(text: string): Promise<CredentialHit[]> {
  const hits: CredentialHit[] = [];
  for (let at = 0; at === 0 || at + overlap < text.length; at += slice - overlap) {
    for (const { kind, start, end } of await knownTokens(text.slice(at, at + slice))) {
      const value = text.slice(at + start, at + end);
      // What the end of the slice cuts off is whole in the next one.
      const isCutOff = end === slice && at + slice < text.length;
      if (isCutOff || isRepetition(value)) continue;
      const place = { start: at + start, end: at + end };
      hits.push({ ...place, kind, value, isPublic: false, replacement: strippedText });
    }
  }
  return hits;
}

function isRepetition(value: string): boolean {
  return new Set(value.slice(-24).toLowerCase()).size < 5;
}

/** Several credentials of one base64 run share its span and what is written there. */
function isBeside(hit: CredentialHit, other: CredentialHit): boolean {
  const isApart = hit.start >= other.end || other.start >= hit.end;
  return isApart || (hit.replacement === other.replacement && hit.replacement !== strippedText);
}

/** Of hits that overlap the one that comes first in the list counts. Gives them in order of place. */
function withoutOverlaps(hits: readonly CredentialHit[]): CredentialHit[] {
  const ranked = hits.map((hit, rank) => ({ hit, rank }));
  const kept: typeof ranked = [];
  for (const one of ranked.toSorted((a, b) => a.hit.start - b.hit.start || a.rank - b.rank)) {
    const last = kept.at(-1);
    if (last === undefined || isBeside(one.hit, last.hit)) kept.push(one);
    else if (one.rank < last.rank) kept[kept.length - 1] = one;
  }
  return kept.map(({ hit }) => hit);
}

function moved(hit: CredentialHit, by: number): CredentialHit {
  return { ...hit, start: hit.start + by, end: hit.end + by };
}

async function hitsIn(text: string): Promise<CredentialHit[]> {
  const plain = withoutEscapes(text);
  const own = credentialKinds.flatMap((kind) =>
    // A key's line breaks are part of it.
    kindHits(kind, kind.pattern.source.startsWith("-----") ? text : plain),
  );
  return withoutOverlaps([
    ...addressHits(plain),
    ...own,
    ...(await tokenHits(plain)),
    ...kindHits(namedSecret, plain),
  ]);
}

/** The credentials in a text, in order; those of base64 runs in it stand for the whole run. */
export async function scanText(text: string): Promise<CredentialHit[]> {
  const hits: CredentialHit[] = [];
  for (const { start, end } of windowsOf(text)) {
    const found = await hitsIn(text.slice(start, end));
    hits.push(...found.map((hit) => moved(hit, start)));
  }
  return withoutOverlaps([...hits, ...(await encodedHits(text, scanText))]);
}
