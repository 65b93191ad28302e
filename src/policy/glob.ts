/** Names with `*`, which stands for any run of characters, also none. Linear in both texts: no regular expression. */

/** Whether a pattern has a `*`. */
export const isGlob = (pattern: string): boolean => pattern.includes("*");

function matchesPieces(pieces: readonly string[], text: string): boolean {
  const head = pieces[0] ?? "";
  const tail = pieces.at(-1) ?? "";
  if (!text.startsWith(head) || !text.endsWith(tail)) return false;
  let from = head.length;
  for (const piece of pieces.slice(1, -1)) {
    const at = text.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return from + tail.length <= text.length;
}

/** Compiles a pattern. */
export function compileGlob(pattern: string): (text: string) => boolean {
  if (pattern === "*") return () => true;
  if (!isGlob(pattern)) return (text) => text === pattern;
  const pieces = pattern.split("*");
  return (text) => matchesPieces(pieces, text);
}
