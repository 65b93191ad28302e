/**
 * How a statement's text is normalized before it is hashed: white space outside quotes and comments becomes one blank.
 * Page and sidecar must agree on it to the byte, so both take it from here. No import, no Node API: it runs in a page.
 */

/** Where the run of `open … close` that starts at `at` ends, exclusive; the text's end if it never does. */
function endOf(text: string, close: string, from: number): number {
  const end = text.indexOf(close, from);
  return end < 0 ? text.length : end + close.length;
}

/** End of an `E'…'` literal, in which a backslash escapes the quote. */
function escapedEnd(text: string, at: number): number {
  for (let next = at + 1; next < text.length; next += 1) {
    if (text[next] === "\\") next += 1;
    else if (text[next] === "'") return next + 1;
  }
  return text.length;
}

/** End of a block comment; PostgreSQL nests them. */
function commentEnd(text: string, at: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = at;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}

/** Where a quoted run or a comment that starts at `at` ends (exclusive), or `at` if none starts there. */
function verbatimEnd(text: string, at: number): number {
  const two = text.slice(at, at + 2);
  if (two === "--") return endOf(text, "\n", at);
  if (two === "/*") return commentEnd(text, at);
  const char = text[at];
  if (char === "'" && /(?:^|[^\w$])[eE]$/.test(text.slice(Math.max(0, at - 2), at))) {
    return escapedEnd(text, at);
  }
  if (char === "'" || char === '"' || char === "`") return endOf(text, char, at + 1);
  if (char === "$") {
    const tag = /^\$(?:[A-Za-z_]\w*)?\$/.exec(text.slice(at, at + 66))?.[0];
    if (tag !== undefined) return endOf(text, tag, at + tag.length);
  }
  return at;
}

/** The named placeholders of a text (`:name`, `@name`, `$name`) outside quotes and comments, each once, in order. */
export function namedPlaceholders(text: string): string[] {
  const names = new Set<string>();
  let at = 0;
  while (at < text.length) {
    const end = verbatimEnd(text, at);
    const name = end > at ? undefined : /^[:@$][A-Za-z_]\w*/.exec(text.slice(at, at + 200))?.[0];
    if (name !== undefined) names.add(name);
    at = Math.max(end, at + (name?.length ?? 1));
  }
  return [...names];
}

/**
 * Collapses white space outside quotes and comments to one blank and trims the ends. A doubled quote inside a literal
 * reads as two adjoining literals, which leaves the text the same. A line comment keeps its line end: it would swallow
 * what follows.
 */
export function collapseStatement(text: string): string {
  let out = "";
  let at = 0;
  while (at < text.length) {
    const end = verbatimEnd(text, at);
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
