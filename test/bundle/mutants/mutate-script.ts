/** Mutants of one script: changes of its tree first, then of its characters. */
import { hostileNames, hostileNumbers, hostileShapes, hostileTexts } from "./hostile.ts";
import type { Random } from "./random.ts";
import type { PartKind, Seeds, SeedScript, Span } from "./seeds.ts";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Mutation {
  readonly random: Random;
  readonly seeds: Seeds;
  readonly script: SeedScript;
}

function spanOf({ random, script }: Mutation, ...kinds: PartKind[]): Span | undefined {
  const fitting = script.spans.filter(({ kind }) => kinds.includes(kind));
  return fitting.length === 0 ? undefined : random.pick(fitting);
}

function partOf({ random, seeds }: Mutation, ...kinds: PartKind[]): string {
  return random.pick(seeds.parts.get(random.pick(kinds)) ?? ["x"]);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', "'")}"`;
}

/** A name that the script uses, or one that it should not. */
function anyName(mutation: Mutation): string {
  const { random, script } = mutation;
  const span = random.oneIn(6) ? undefined : spanOf(mutation, "name");
  return span === undefined ? random.pick(hostileNames) : script.text.slice(span.start, span.end);
}

function nested(random: Random, text: string): string {
  const depth = random.size(40);
  const [before, after] = random.pick([
    ["[", "]"],
    ["(", ")"],
    ["{a:", "}"],
    ["((x) => x)(", ")"],
    ["!", ""],
    ["await ", ""],
    ["`${", "}`"],
    ["f(", ")"],
    ["a ? b : ", ""],
    ["(0, ", ")"],
    ["x => ", ""],
    ["new (", ")()"],
    ["[...", "]"],
    ["{...", "}"],
    ["typeof ", ""],
    ["a || ", ""],
    ["(function () { return ", "})()"],
  ] as const);
  return `(${before.repeat(depth)}${text}${after.repeat(depth)})`;
}

type Change = (mutation: Mutation) => Edit | undefined;

const replaceSpan =
  (kinds: readonly PartKind[], give: (mutation: Mutation, old: string) => string): Change =>
  (mutation) => {
    const span = spanOf(mutation, ...kinds);
    if (span === undefined) return undefined;
    return {
      start: span.start,
      end: span.end,
      text: give(mutation, mutation.script.text.slice(span.start, span.end)),
    };
  };

const changes: readonly Change[] = [
  replaceSpan(
    ["expression", "name", "text"],
    (mutation) => `(${partOf(mutation, "expression", "function", "name", "text")})`,
  ),
  replaceSpan(["expression"], (mutation) => `(${partOf(mutation, "expression")})`),
  replaceSpan(["statement"], (mutation) => partOf(mutation, "statement")),
  replaceSpan(["function"], (mutation) => `(${partOf(mutation, "function")})`),
  replaceSpan(["expression", "name", "text"], ({ random }, old) => nested(random, old)),
  replaceSpan(["name"], (mutation) => anyName(mutation)),
  replaceSpan(["key"], ({ random }) => random.pick(hostileNames)),
  replaceSpan(["key"], (mutation) => partOf(mutation, "key")),
  replaceSpan(["text"], ({ random }) => quoted(random.pick(hostileTexts))),
  replaceSpan(["text"], (_, old) => `\`${old.slice(1, -1).replaceAll("`", "")}\``),
  replaceSpan(["number"], ({ random }) => random.pick(hostileNumbers)),
  replaceSpan(["statement"], ({ random }, old) => `${old}\n`.repeat(1 + random.size(30))),
  replaceSpan(["statement"], () => ";"),
  (mutation) => {
    const span = spanOf(mutation, "statement");
    const text = mutation.random.pick(hostileShapes)(mutation.random, () => anyName(mutation));
    return span && { start: span.start, end: span.start, text: `${text}\n` };
  },
  (mutation) => {
    const { script } = mutation;
    const text = mutation.random.pick(hostileShapes)(mutation.random, () => anyName(mutation));
    return { start: script.text.length, end: script.text.length, text: `\n${text}` };
  },
];

function applyEdits(text: string, edits: readonly Edit[]): string {
  let out = "";
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < at) continue;
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
}

/** Gives every use of one name another name. */
function renamed({ random, script }: Mutation, text: string): string {
  const spans = script.spans.filter(({ kind }) => kind === "name" || kind === "key");
  if (spans.length === 0) return text;
  const { start, end } = random.pick(spans);
  const old = script.text.slice(start, end);
  const name = random.oneIn(2)
    ? random.pick(hostileNames)
    : random.pick(["a", "e", "t", "n", "x1"]);
  return /^[\w$]+$/.test(old)
    ? text.replaceAll(new RegExp(`(?<![\\w$])${old.replaceAll("$", "\\$")}(?![\\w$])`, "g"), name)
    : text;
}

const tokens = /[\p{ID_Start}$_][\p{ID_Continue}$]*|\d+|"[^"\n]*"|`[^`]*`|=>|\.\.\.|[^\s\w]/gu;

type Rough = (random: Random, text: string) => string;

/** Changes that know nothing of the language. */
const rough: readonly Rough[] = [
  (random, text) => {
    const at = random.below(text.length + 1);
    const char = String.fromCharCode((text.charCodeAt(at) || 65) ^ (1 << random.below(7)));
    return text.slice(0, at) + char + text.slice(at + 1);
  },
  (random, text) => text.slice(0, random.below(text.length + 1)),
  (random, text) => text.slice(random.below(text.length + 1)),
  (random, text) => {
    const [a, b] = [random.below(text.length + 1), random.below(text.length + 1)];
    return text.slice(0, Math.max(a, b)) + text.slice(Math.min(a, b));
  },
  (random, text) => {
    const found = [...text.matchAll(tokens)];
    if (found.length < 2) return text;
    const [a, b] = [random.pick(found), random.pick(found)];
    const edit = { start: a.index, end: a.index + a[0].length, text: random.oneIn(3) ? "" : b[0] };
    return applyEdits(text, [edit]);
  },
  (random, text) => {
    const at = random.below(text.length + 1);
    const odd = [
      "\0",
      "\uFEFF",
      "\u2028",
      "\u202e",
      "\ud800",
      "😀",
      "\r",
      "<!--",
      "-->",
      "</script>",
      "//# sourceMappingURL=x.map\n",
      "#!",
      "`",
      "/*",
      "${",
    ];
    return text.slice(0, at) + random.pick(odd) + text.slice(at);
  },
];

/** One mutant of a script: one to four changes of its tree, at times a renamed name, at times broken characters. */
export function mutateScript(random: Random, seeds: Seeds, script: SeedScript): string {
  const mutation = { random, seeds, script };
  const edits = Array.from({ length: 1 + random.below(4) }, () => random.pick(changes)(mutation));
  let text = applyEdits(
    script.text,
    edits.filter((edit) => edit !== undefined),
  );
  if (random.oneIn(4)) text = renamed(mutation, text);
  if (random.oneIn(10)) text = random.pick(rough)(random, text);
  return text;
}

/** A text of any language with broken characters. */
export function roughen(random: Random, text: string): string {
  let result = text;
  for (let count = random.size(12); count > 0; count -= 1)
    result = random.pick(rough)(random, result);
  return result;
}
