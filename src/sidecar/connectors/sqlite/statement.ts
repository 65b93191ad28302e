/** Adapts a registered statement to SQLite: placeholders, and which verbs may run at all. */

/** Where a quoted run or comment that starts at `at` ends (exclusive), or `at` if none does. */
function quotedEnd(text: string, at: number): number {
  const char = text[at];
  if (char === "'" || char === '"' || char === "`") {
    const end = text.indexOf(char, at + 1);
    return end < 0 ? text.length : end + 1;
  }
  if (char === "-" && text[at + 1] === "-") {
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end + 1;
  }
  if (char === "/" && text[at + 1] === "*") {
    const end = text.indexOf("*/", at + 2);
    return end < 0 ? text.length : end + 2;
  }
  return at;
}

/** Calls back with every character outside quotes and comments, and gives the text with what it returned. */
function mapUnquoted(text: string, each: (rest: string, at: number) => [string, number]): string {
  let out = "";
  let at = 0;
  while (at < text.length) {
    const end = quotedEnd(text, at);
    if (end > at) {
      out += text.slice(at, end);
      at = end;
    } else {
      const [replacement, taken] = each(text, at);
      out += replacement;
      at += taken;
    }
  }
  return out;
}

/**
 * `$1`, bare `?` and names (`:name`, `@name`, `$name`) outside quotes become SQLite's numbered `?1`, so that values bind by
 * place: a bare one takes the next number, a name the next one where it is first seen.
 */
export function numberPlaceholders(statement: string): string {
  let last = 0;
  const named = new Map<string, number>();
  return mapUnquoted(statement, (text, at) => {
    const numbered = text[at] === "$" ? /^\$(\d+)/.exec(text.slice(at, at + 6)) : null;
    if (numbered !== null) return [`?${numbered[1]}`, numbered[0].length];
    if (text[at] === "?" && !/\d/.test(text[at + 1] ?? "")) return [`?${++last}`, 1];
    const name = /^[:@$][A-Za-z_]\w*/.exec(text.slice(at, at + 200))?.[0];
    if (name !== undefined) {
      const number = named.get(name) ?? ++last;
      named.set(name, number);
      return [`?${number}`, name.length];
    }
    return [text[at] as string, 1];
  });
}

const mainVerb = /^(SELECT|VALUES|INSERT|UPDATE|DELETE|REPLACE)$/i;

/**
 * The statement's verb, upper case: for `WITH …` that of the statement after the common tables, which is the first known
 * verb outside parentheses.
 */
export function statementVerb(statement: string): string {
  let depth = 0;
  let word = "";
  const words: string[] = [];
  const endWord = (): void => {
    if (word !== "" && depth === 0) words.push(word);
    word = "";
  };
  mapUnquoted(statement, (text, at) => {
    const char = text[at] as string;
    if (/\w/.test(char)) word += char;
    else endWord();
    if (char === "(") depth += 1;
    if (char === ")") depth -= 1;
    return [char, 1];
  });
  endWord();
  const first = (words[0] ?? "").toUpperCase();
  if (first !== "WITH") return first;
  return (words.find((candidate) => mainVerb.test(candidate)) ?? first).toUpperCase();
}

const readVerbs = new Set(["SELECT", "VALUES"]);
const writeVerbs = new Set([
  ...readVerbs,
  "INSERT",
  "UPDATE",
  "DELETE",
  "REPLACE",
  "CREATE",
  "ALTER",
  "DROP",
]);

/**
 * Whether a verb may run under an access. SQLite calls ATTACH, PRAGMA, BEGIN and EXPLAIN read-only, so the engine's word
 * alone is not enough: what is not listed is refused.
 */
export function isVerbAllowed(verb: string, access: "read" | "write"): boolean {
  return (access === "read" ? readVerbs : writeVerbs).has(verb);
}
