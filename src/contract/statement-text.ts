/**
 * How a statement's text is normalized before it is hashed: white space outside quotes becomes one blank. Page and
 * sidecar must agree on it to the byte, so both take it from here. No import, no Node API: it runs in a page.
 */

/** Where a quoted run that starts at `at` ends (exclusive), or `at` if none starts there. */
function quotedEnd(text: string, at: number): number {
  const char = text[at];
  if (char === "'" || char === '"' || char === "`") {
    const end = text.indexOf(char, at + 1);
    return end < 0 ? text.length : end + 1;
  }
  if (char === "$") {
    const tag = /^\$(?:[A-Za-z_][A-Za-z_0-9]*)?\$/.exec(text.slice(at, at + 66))?.[0];
    if (tag === undefined) return at;
    const end = text.indexOf(tag, at + tag.length);
    return end < 0 ? text.length : end + tag.length;
  }
  if (char === "-" && text[at + 1] === "-") {
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end + 1;
  }
  return at;
}

/**
 * Collapses white space outside quotes to one blank and trims the ends. A doubled quote inside a literal reads as two
 * adjoining literals, which leaves the text the same. A line comment keeps its line end: it would swallow what follows.
 */
export function collapseStatement(text: string): string {
  let out = "";
  let at = 0;
  while (at < text.length) {
    const end = quotedEnd(text, at);
    if (end > at) {
      out += text.slice(at, end);
      at = end;
    } else if (/\s/.test(text[at] as string)) {
      if (out !== "" && !/\s$/.test(out)) out += " ";
      at += 1;
    } else {
      out += text[at] as string;
      at += 1;
    }
  }
  return out.trim();
}
