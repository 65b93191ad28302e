/** Patterns of tickets that an approval has to name. What a pattern may cost is bounded: it meets what people type. */

/** How long a ticket may be. */
const longest = 64;

function compile(pattern: string): RegExp | null {
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return null;
  }
}

/** Without escapes and classes: what stands in them repeats nothing. */
function bare(pattern: string): string {
  return pattern.replaceAll(/\\./gu, "_").replaceAll(/\[[^\]]*\]/gu, "_");
}

/**
 * Why a pattern cannot be used; null for one that can. A group that is repeated, a back-reference and a look-around may
 * take time without end; a pattern that fits nothing written asks for nothing.
 */
export function ticketFault(pattern: string): string | null {
  const compiled = compile(pattern);
  if (compiled === null) return "it is no regular expression";
  if (/\)\s*[*+{]/u.test(bare(pattern))) return "a group must not be repeated";
  if (/\\[1-9k]/u.test(pattern)) return "it must not refer back";
  if (/\(\?[=!<]/u.test(bare(pattern))) return "it must not look around";
  if ((bare(pattern).match(/[*+{]/gu) ?? []).length > 4) return "it repeats more than four parts";
  return compiled.test("") ? "it fits an empty text" : null;
}

/** Whether a text is such a ticket, as a whole. A pattern that cannot be used fits nothing. */
export function isTicket(pattern: string, text: string): boolean {
  if (text.length > longest || ticketFault(pattern) !== null) return false;
  return compile(pattern)?.test(text) ?? false;
}
