/** Regular expressions of a bundle, as far as their shape says what they match. None of them is ever run. */
import { knownStart } from "./texts.ts";
import type { Part, TextValue, Value, Values } from "./values.ts";

/** `{ text, start, end }`: a pattern that matches one text, perhaps only at the start or the end. */
interface LiteralPattern {
  readonly text: string;
  readonly start: boolean;
  readonly end: boolean;
}

/** A pattern without operators, e.g. `^\/api`. */
export function literalPattern(source: string): LiteralPattern | undefined {
  const start = source.startsWith("^");
  const end = source.endsWith("$") && !source.endsWith("\\$");
  const body = source.slice(start ? 1 : 0, end ? -1 : undefined);
  const isPlain = /^(?:[^\\^$.*+?()[\]{}|]|\\[^\w])*$/.test(body);
  return isPlain ? { text: body.replaceAll(/\\(.)/g, "$1"), start, end } : undefined;
}

const slashes = String.raw`(?:\\\/|\[\\?\/\])(?:[+*]|\{1,\})?`;
const edges = new RegExp(`^(?:(\\^${slashes})|(${slashes}\\$)|(\\^${slashes}\\|${slashes}\\$))$`);

/** Which slashes a pattern takes: those at the start, those at the end. */
function edgesOf(source: string): { start: boolean; end: boolean } | undefined {
  const found = edges.exec(source);
  if (found === null) return undefined;
  return { start: found[2] === undefined, end: found[1] === undefined };
}

function trimmed(parts: readonly Part[], sides: { start: boolean; end: boolean }): Part[] {
  const last = parts.length - 1;
  return parts.map((part, at) => {
    if (part.kind !== "text") return part;
    let { text } = part;
    if (sides.start && at === 0) text = text.replace(/^\/+/, "");
    if (sides.end && at === last) text = text.replace(/\/+$/, "");
    return { ...part, text };
  });
}

/** `//+` and the like, also where a colon before them is left alone. */
function isSlashRun(source: string): boolean {
  return /\\?\//.test(source) && /^[\\/+{}()[\]^:|?<!\d,$]+$/.test(source) && /[+{]/.test(source);
}

/** One slash for each run of them, but after a scheme. */
function collapsed(parts: readonly Part[]): Part[] {
  let before = "";
  return parts.map((part) => {
    if (part.kind !== "text") {
      before = "";
      return part;
    }
    const whole = (before + part.text).replaceAll(/(^|[^:/])\/{2,}/g, "$1/");
    const text = whole.slice(before.length);
    before = text.endsWith("/") ? "/" : text === "" ? before : "";
    return { ...part, text };
  });
}

/** Placeholders in a path: `{id}`, `:id`. */
function placeholdersOf(source: string): RegExp | undefined {
  if (/^\\?\{.*\\?\}$/.test(source)) return /\{[^{}]*\}/g;
  return /^\\?:[([\\]?/.test(source) && /[+*]/.test(source) ? /:[A-Za-z_]\w*/g : undefined;
}

function filled(parts: readonly Part[], placeholder: RegExp, encoded: boolean): Part[] {
  return parts.flatMap((part): Part[] => {
    if (part.kind !== "text") return [part];
    const texts = part.text.split(placeholder);
    return texts.flatMap((text, at): Part[] => {
      const piece: Part = { ...part, text };
      return at === 0 ? [piece] : [{ kind: "hole", encoded, number: false }, piece];
    });
  });
}

/** The scheme that a socket's address takes: `^http`, `^https?:`. */
function rescheme(parts: readonly Part[], source: string, by: string): Part[] | undefined {
  const scheme = /^\^https?\\?\??(:(?:\\?\/){0,2})?$/.exec(source);
  const [first, ...rest] = parts;
  if (scheme === null || first?.kind !== "text") return undefined;
  const taken =
    scheme[1] === undefined ? /^http/i : scheme[1] === ":" ? /^https?:/i : /^https?:\/\//i;
  return [{ ...first, text: first.text.replace(taken, by) }, ...rest];
}

function replacedLiteral(parts: readonly Part[], pattern: LiteralPattern, by: string): Part[] {
  const last = parts.length - 1;
  return parts.map((part, at) => {
    if (part.kind !== "text" || pattern.text === "") return part;
    const { text } = part;
    if (pattern.start && !(at === 0 && text.startsWith(pattern.text))) return part;
    if (pattern.end && !(at === last && text.endsWith(pattern.text))) return part;
    if (pattern.end) return { ...part, text: text.slice(0, -pattern.text.length) + by };
    return { ...part, text: text.split(pattern.text).join(by) };
  });
}

/** The parts that `replace` gives; undefined if the pattern is not understood. */
function replacedParts(parts: readonly Part[], source: string, by: string): Part[] | undefined {
  const sides = by === "" ? edgesOf(source) : undefined;
  if (sides !== undefined) return trimmed(parts, sides);
  if (isSlashRun(source) && /^(?:\$1)?\/?$/.test(by)) return collapsed(parts);
  const scheme = rescheme(parts, source, by);
  if (scheme !== undefined) return scheme;
  const literal = literalPattern(source);
  return literal && replacedLiteral(parts, literal, by);
}

/** What `text.replace(pattern, …)` gives; undefined if the pattern is not understood. */
export function replacedPattern(
  { parts }: TextValue,
  source: string,
  replacement: { readonly text: string | undefined; readonly encodes: boolean },
): Value | undefined {
  const { text: by, encodes } = replacement;
  const placeholder = by === undefined ? placeholdersOf(source) : undefined;
  if (placeholder !== undefined) {
    return { kind: "text", parts: filled(parts, placeholder, encodes) };
  }
  const made = by === undefined ? undefined : replacedParts(parts, source, by);
  return made && { kind: "text", parts: made };
}

const absolute = /^\^\(?(?:\?:)?(?:https?|\[a-z|\w+:)/i;

/** Whether a pattern is found in a text, where that is certain. */
export function matchesPattern(self: TextValue, source: string): boolean | undefined {
  const { text, whole } = knownStart(self);
  if (absolute.test(source)) return isAbsolute(text, whole);
  const literal = literalPattern(source);
  if (literal === undefined) return undefined;
  if (literal.start && !literal.end) {
    return whole || text.length >= literal.text.length ? text.startsWith(literal.text) : undefined;
  }
  if (whole && !literal.start) {
    return literal.end ? text.endsWith(literal.text) : text.includes(literal.text);
  }
  return undefined;
}

/** Whether a text begins with a scheme: `^https?:\/\/` and longer patterns for the same. */
function isAbsolute(text: string, whole: boolean): boolean | undefined {
  if (/^(?:[a-z][a-z\d+.-]*:)?\/\//i.test(text))
    return /^https?:\/\//i.test(text) ? true : undefined;
  const mayBegin = /^[a-z][a-z\d+.-]*:?\/?$/i.test(text) || text === "";
  return whole || !mayBegin ? false : undefined;
}

/** The source of a regular expression among values. */
export function patternOf(values: Values): string | undefined {
  const [only, ...others] = values;
  return only?.kind === "pattern" && others.length === 0 ? only.source : undefined;
}
