/** Canonicalizes a request's path once: raw segments in, strictly decoded segments out, or a reason to refuse. */

export type CanonicalPath =
  | { readonly ok: true; readonly segments: readonly string[] }
  | { readonly ok: false; readonly reason: string };

const refused = (reason: string): CanonicalPath => ({ ok: false, reason });

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Decodes until nothing changes: what an upstream that decodes more than once would see. */
function decodeFully(text: string): string {
  let seen = text;
  for (let round = 0; round < 8; round++) {
    let next: string;
    try {
      next = decodeURIComponent(seen);
    } catch {
      return seen;
    }
    if (next === seen) return seen;
    seen = next;
  }
  return seen;
}

/** Whether any reading of a decoded segment holds `.` or `..`: decoded again, full-width, or before a path parameter. */
function hidesDotSegment(segment: string): boolean {
  return decodeFully(segment)
    .normalize("NFKC")
    .split(/[/\\]/)
    .some((part) => /^\.{1,2}$/.test(part.split(";")[0] ?? ""));
}

/** What every reader reads alike: letters, digits, dashes. Most segments are such. */
const plain = /^[\w-]+$/;

function decodeSegment(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

function segmentFault(segment: string, isLast: boolean): string | undefined {
  if (segment === "") return isLast ? undefined : "an empty segment";
  if (controlCharacter.test(segment)) return "a control character";
  if (segment.includes("\\")) return "a backslash";
  if (hidesDotSegment(segment)) return "a dot segment";
  return undefined;
}

/**
 * Splits a raw path (without its query) on `/` and percent-decodes each segment once, strictly. Refuses dot segments in
 * every reading, empty inner segments, control characters, backslashes and bad escapes. Case and a trailing slash count:
 * the latter is an empty last segment. A segment may hold a slash that was encoded; the matcher decides about it.
 */
export function canonicalPath(rawPath: string): CanonicalPath {
  if (!rawPath.startsWith("/")) return refused("a path that does not begin with a slash");
  const raw = rawPath.slice(1).split("/");
  const segments: string[] = [];
  for (const [index, part] of raw.entries()) {
    if (plain.test(part)) {
      segments.push(part);
      continue;
    }
    const segment = decodeSegment(part);
    if (segment === undefined) return refused("a bad escape");
    const fault = segmentFault(segment, index === raw.length - 1);
    if (fault !== undefined) return refused(fault);
    segments.push(segment);
  }
  return { ok: true, segments };
}
