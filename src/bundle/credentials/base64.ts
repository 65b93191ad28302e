/** Texts inside texts: base64 runs, as inlined workers, data addresses and `atob` have them. */
import type { CredentialHit } from "./scan-text.ts";

const digits = new Uint8Array(128);
for (const digit of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
  digits[digit.charCodeAt(0)] = 1;
}

/** Shorter runs are words. */
const shortest = 40;

function isDigit(text: string, at: number): boolean {
  return digits[text.charCodeAt(at)] === 1;
}

/** Every run of base64 digits that is long enough. A long run has a digit at every fortieth place: only those are looked at. */
export function* base64Runs(text: string): Generator<{ start: number; end: number }> {
  for (let at = shortest - 1; at < text.length; at += shortest) {
    if (!isDigit(text, at)) continue;
    let start = at;
    while (start > 0 && isDigit(text, start - 1)) start -= 1;
    let end = at + 1;
    while (end < text.length && isDigit(text, end)) end += 1;
    if (end - start < shortest) continue;
    while (end < text.length && text[end] === "=") end += 1;
    yield { start, end };
    at = end - 1;
  }
}

const otherMedia =
  /(?:data:(?:image|font|audio|video|application\/(?:font|x-font|wasm))[^,]{0,60}|sourceMappingURL=data:[^,]{0,60}),$/;

/** Longer runs are not decoded. */
const longest = 32 * 1024 * 1024;

/** The text that a run encodes; null for bytes that are none. */
export function decodedText(run: string): string | null {
  if (run.length > longest) return null;
  const head = Buffer.from(run.slice(0, 64), "base64").toString("latin1");
  if (/[^\t\n\r\x20-\x7e\x80-\xff]/.test(head) || !/[\x20-\x7e]{12}/.test(head)) return null;
  const text = Buffer.from(run, "base64").toString("utf8");
  return text.includes("\ufffd") ? null : text;
}

/** Replaces from the last place to the first, so that offsets hold. */
export function applyHits(text: string, hits: readonly CredentialHit[]): string {
  return hits
    .toSorted((a, b) => b.start - a.start)
    .reduce(
      (out, { start, end, replacement }) => out.slice(0, start) + replacement + out.slice(end),
      text,
    );
}

/** Hits of the texts that a text encodes; each stands for its whole run and writes it anew. */
export async function encodedHits(
  text: string,
  scan: (text: string) => Promise<CredentialHit[]>,
): Promise<CredentialHit[]> {
  const found: CredentialHit[] = [];
  for (const { start, end } of base64Runs(text)) {
    if (otherMedia.test(text.slice(Math.max(0, start - 90), start))) continue;
    const inner = decodedText(text.slice(start, end));
    if (inner === null) continue;
    const hits = await scan(inner);
    const secrets = hits.filter(({ isPublic }) => !isPublic);
    if (secrets.length === 0) continue;
    const replacement = Buffer.from(applyHits(inner, secrets)).toString("base64");
    found.push(...secrets.map((hit) => ({ ...hit, start, end, replacement })));
  }
  return found;
}
