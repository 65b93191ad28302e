/** What no parser is given: text that a server would read another way, or that must not reach it. */

const maxBytes = 1_000_000;

/** Why a text is no statement of any dialect, or null. */
export function textFault(text: string): string | null {
  if (Buffer.byteLength(text) > maxBytes) return "longer than a million bytes";
  // The engines' parsers end at NUL: what follows would go unread.
  if (text.includes("\0")) return "holds a NUL character";
  if (/\p{Surrogate}/u.test(text)) return "holds half of a surrogate pair";
  return null;
}
