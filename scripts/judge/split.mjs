// Cuts scripts of the engines' own suites into statements, as far as their clients' syntax goes.

/** End of a run `open … close` that begins before `from`, exclusive. */
function endOf(text, close, from) {
  const end = text.indexOf(close, from);
  return end < 0 ? text.length : end + close.length;
}

function commentEnd(text, at, nests) {
  if (!nests) return endOf(text, "*/", at + 2);
  const marks = /\/\*|\*\//g;
  marks.lastIndex = at;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}

function quoteEnd(text, at, escapes) {
  const quote = text[at];
  for (let next = at + 1; next < text.length; next += 1) {
    if (escapes && text[next] === "\\") next += 1;
    else if (text[next] === quote) return next + 1;
  }
  return text.length;
}

/** Where what begins at `at` and holds no delimiter ends; `at` if it is one plain character. */
function runEnd(text, at, { dialect }) {
  const two = text.slice(at, at + 2);
  const char = text[at];
  if (two === "--" || (dialect === "mysql" && char === "#")) return endOf(text, "\n", at);
  if (two === "/*") return commentEnd(text, at, dialect === "postgres");
  if (char === "'" || char === '"' || char === "`") {
    const escapes =
      dialect === "mysql" ||
      (dialect === "postgres" && /(?:^|[^\w$])[eE]$/.test(text.slice(Math.max(0, at - 2), at)));
    return quoteEnd(text, at, escapes && char !== "`");
  }
  if (char === "$" && dialect === "postgres" && !/[\w$]/.test(text[at - 1] ?? "")) {
    const tag = /^\$(?:[A-Za-z_]\w*)?\$/.exec(text.slice(at, at + 66))?.[0];
    if (tag !== undefined) return endOf(text, tag, at + tag.length);
  }
  return at;
}

/** The statements of a text. `bodies`: whether `BEGIN ATOMIC … END` and triggers' `BEGIN … END` hold semicolons. */
export function splitStatements(text, dialect) {
  const statements = [];
  let start = 0;
  let at = 0;
  let depth = 0;
  const add = (end) => {
    const statement = text.slice(start, end).trim();
    if (statement !== "") statements.push(statement);
    start = end + 1;
  };
  while (at < text.length) {
    const end = runEnd(text, at, { dialect });
    if (end > at) {
      at = end;
      continue;
    }
    if (text[at] === "(") depth += 1;
    if (text[at] === ")") depth -= 1;
    if (text[at] === ";" && depth <= 0) {
      const so_far = text.slice(start, at);
      if (!isBodyOpen(so_far)) {
        add(at);
        depth = 0;
      }
    }
    at += 1;
  }
  add(text.length);
  return statements;
}

/** Whether a routine's or trigger's body has begun and not ended. */
function isBodyOpen(text) {
  if (!/^\s*(?:--[^\n]*\n\s*)*create\b/i.test(text)) return false;
  if (!/\bbegin\s+atomic\b/i.test(text) && !/\btrigger\b[\s\S]*\bbegin\b/i.test(text)) return false;
  return !/\bend\s*$/i.test(text);
}

/** A script of psql without its own commands and the data of COPY. */
export function plainPsql(text) {
  const lines = [];
  let isData = false;
  for (const line of text.split("\n")) {
    if (isData) isData = line !== "\\.";
    else if (/^\s*\\/.test(line)) lines.push("");
    else {
      lines.push(line.replace(/\\(?:gset|gexec|g|crosstabview|gdesc|;).*$/, ";"));
      isData = /^\s*copy\b.*\bfrom\s+stdin\b/i.test(line);
    }
  }
  return lines.join("\n");
}
