/** Methods of texts. */
import type { BuiltinCall, BuiltinMethod } from "./builtin-call.ts";
import type { Evaluation } from "./evaluation.ts";
import { matchesPattern, patternOf, replacedPattern } from "./regular-expressions.ts";
import { characterAt } from "./text-members.ts";
import { joinTexts, knownStart, mapText } from "./texts.ts";
import {
  literalValue,
  plainText,
  textValue,
  type Part,
  type TextValue,
  type UnknownValue,
  type Value,
  type Values,
} from "./values.ts";

const boolean: UnknownValue = { kind: "unknown", type: "boolean" };
/** Most pieces that a text is split into. */
const pieceCap = 40;

/** What callers or the page decide stays theirs: the method is computed once it is known. */
const undecided = /^(?:param|global|unknown)$/;

/** A method of texts; of values that callers decide it gives what they decide. */
function textMethod(
  compute: (self: TextValue, call: BuiltinCall, evaluation: Evaluation) => Values | undefined,
): BuiltinMethod {
  return (evaluation, self, call) => {
    if (self.kind === "text") return compute(self, call, evaluation);
    return undecided.test(self.kind) ? [self] : undefined;
  };
}

function tested(test: (self: TextValue, part: string) => boolean | undefined): BuiltinMethod {
  return (_, self, call) => {
    const [part, ...others] = call.argument(0).map(plainText);
    if (self.kind === "array") return undefined;
    if (self.kind !== "text" || part === undefined || others.length > 0) return [boolean];
    const known = test(self, part);
    return [known === undefined ? boolean : literalValue(known)];
  };
}

function startsWith(self: TextValue, part: string): boolean | undefined {
  const { text, whole } = knownStart(self);
  if (whole || text.length >= part.length) return text.startsWith(part);
  return part.startsWith(text) ? undefined : false;
}

function endsWith(self: TextValue, part: string): boolean | undefined {
  const last = self.parts.findLast((one) => one.kind !== "text" || one.text !== "");
  const text = plainText(self) ?? (last?.kind === "text" ? last.text : "");
  if (plainText(self) !== undefined || text.length >= part.length) return text.endsWith(part);
  return text !== "" && !part.endsWith(text) ? false : undefined;
}

/** What begins a query or its next pair is not inside one segment of a path. */
function staysInSegment(parts: readonly Part[]): boolean {
  return parts.every((part, at) => {
    const before = parts[at - 1];
    if (part.kind === "text") return true;
    if (part.kind === "query") return false;
    return part.encoded || part.number || (before?.kind === "text" && before.text.endsWith("/"));
  });
}

function includes(self: TextValue, part: string): boolean | undefined {
  if (self.parts.some((one) => one.kind === "text" && one.text.includes(part))) return true;
  if (plainText(self) !== undefined) return plainText(self)?.includes(part);
  return /^[?&#]$/.test(part) && staysInSegment(self.parts) ? false : undefined;
}

function changeCase(change: (text: string) => string): BuiltinMethod {
  return textMethod((self) => [mapText(self, change)]);
}

function replacedText(self: TextValue, call: BuiltinCall, all: boolean): Values | undefined {
  const given = call.argument(0);
  if (given.every(isOwnOrigin) && isRooted(self)) return [self];
  const [wanted] = given.map(plainText);
  if (wanted === undefined) return undefined;
  let left = all ? Number.POSITIVE_INFINITY : 1;
  return joinTexts(
    self.parts.flatMap((part) => {
      const whole: Value = { kind: "text", parts: [part] };
      if (part.kind !== "text" || wanted === "" || left === 0) return [{ values: [whole] }];
      const pieces = all ? part.text.split(wanted) : splitOnce(part.text, wanted);
      left -= pieces.length - 1;
      return pieces.flatMap((text, at) => [
        ...(at === 0 ? [] : [{ values: call.argument(1) }]),
        { values: [{ kind: "text" as const, parts: [{ ...part, text }] }] },
      ]);
    }),
  );
}

/** An address of the app's own origin is a path here, so that the origin does not stand in it. */
function isOwnOrigin(value: Value): boolean {
  return value.kind === "global" && /^(?:document\.)?location\.origin$/.test(value.path);
}

function isRooted({ parts: [first] }: TextValue): boolean {
  return first?.kind === "text" && first.text.startsWith("/");
}

function splitOnce(text: string, wanted: string): string[] {
  const at = text.indexOf(wanted);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + wanted.length)];
}

function replace(all: boolean): BuiltinMethod {
  return textMethod((self, call, evaluation) => {
    const source = patternOf(call.argument(0));
    if (source === undefined) return replacedText(self, call, all);
    const given = call.argument(1);
    const [by] = given.map(plainText);
    const encodes = given.some(
      (value) =>
        value.kind === "function" &&
        evaluation.program.unitOf(value.node).textOf(value.node).includes("encodeURIComponent"),
    );
    const made = replacedPattern(self, source, { text: by, encodes });
    return made && [made];
  });
}

function integer(values: Values): number | null | undefined {
  const [only, ...others] = values;
  if (only?.kind !== "literal" || others.length > 0) return undefined;
  if (only.value === undefined) return null;
  return typeof only.value === "number" && Number.isInteger(only.value) ? only.value : undefined;
}

/** Cuts what surely is at the start and the end; undefined where that is not known. */
function cutEnds(parts: readonly Part[], start: number, end: number): Part[] | undefined {
  const [first] = parts;
  const last = parts.at(-1);
  if (start < 0 || end > 0) return undefined;
  if (start > 0 && (first?.kind !== "text" || first.text.length < start)) return undefined;
  if (end < 0 && (last?.kind !== "text" || last.text.length < -end)) return undefined;
  return parts.map((part, at) => {
    if (part.kind !== "text") return part;
    const isLast = at === parts.length - 1 && end < 0;
    return { ...part, text: part.text.slice(at === 0 ? start : 0, isLast ? end : undefined) };
  });
}

/** From one place to another, where all of that surely is known text. */
function knownRange(self: TextValue, from: number, to: number): Values | undefined {
  const { text } = knownStart(self);
  return from >= 0 && to >= 0 && to <= text.length ? [textValue(text.slice(from, to))] : undefined;
}

function cutOut(self: TextValue, from: number, to: number | null): Values | undefined {
  const text = plainText(self);
  if (text !== undefined) return [textValue(text.slice(from, to ?? undefined))];
  const sure = to === null ? undefined : knownRange(self, from, to);
  if (sure !== undefined) return sure;
  const cut = to === null || to < 0 ? cutEnds(self.parts, from, to ?? 0) : undefined;
  return cut && [{ kind: "text", parts: cut }];
}

function slice(self: TextValue, call: BuiltinCall): Values | undefined {
  const from = integer(call.argument(0));
  const to = integer(call.argument(1));
  return from === undefined || to === undefined ? undefined : cutOut(self, from ?? 0, to);
}

/** `substring`: what is below zero is zero, and the smaller place comes first. */
function substring(self: TextValue, call: BuiltinCall): Values | undefined {
  const from = integer(call.argument(0));
  const to = integer(call.argument(1));
  if (from === undefined || to === undefined) return undefined;
  const start = Math.max(0, from ?? 0);
  if (to === null) return cutOut(self, start, null);
  return cutOut(self, Math.min(start, Math.max(0, to)), Math.max(start, to, 0));
}

/** `substr`: from a place, so many characters. */
function substr(self: TextValue, call: BuiltinCall): Values | undefined {
  const from = integer(call.argument(0));
  const length = integer(call.argument(1));
  if (from === undefined || length === undefined) return undefined;
  const start = from ?? 0;
  if (length === null || start < 0) return length === null ? cutOut(self, start, null) : undefined;
  return cutOut(self, start, start + Math.max(0, length));
}

/** Without white space at an end of which the text is known. */
function trimmed(start: boolean, end: boolean): BuiltinMethod {
  return textMethod((self) => {
    const parts = self.parts.map((part, at) => {
      if (part.kind !== "text") return part;
      const text = start && at === 0 ? part.text.trimStart() : part.text;
      return { ...part, text: end && at === self.parts.length - 1 ? text.trimEnd() : text };
    });
    return [{ kind: "text", parts }];
  });
}

function split(self: TextValue, call: BuiltinCall): Values | undefined {
  const [separator] = call.argument(0).map(plainText);
  if (separator === undefined || separator === "") return undefined;
  const pieces: Part[][] = [[]];
  for (const part of self.parts) {
    const texts = part.kind === "text" ? part.text.split(separator) : undefined;
    if (texts === undefined || part.kind !== "text") pieces.at(-1)?.push(part);
    else {
      for (const [at, text] of texts.entries()) {
        if (at > 0) pieces.push([]);
        pieces.at(-1)?.push({ ...part, text });
      }
    }
  }
  if (pieces.length > pieceCap) return undefined;
  const frame = call.entered.caller;
  const elements = pieces.map((parts) => ({
    key: undefined,
    spread: false,
    node: null,
    frame,
    values: [{ kind: "text" as const, parts }],
    optional: false,
  }));
  return [{ kind: "array", elements, exact: true }];
}

function concat(self: TextValue, call: BuiltinCall): Values {
  return joinTexts([
    { values: [self] },
    ...call.entered.args.map((node, at) => ({
      values: call.argument(at),
      ...(node === null ? {} : { node }),
    })),
  ]);
}

/** `/^https?:/.test(url)`. */
function found(_: Evaluation, self: Value, call: BuiltinCall): Values | undefined {
  if (self.kind !== "pattern") return undefined;
  const [text, ...others] = call.argument(0);
  if (text?.kind !== "text" || others.length > 0) return [boolean];
  const known = matchesPattern(text, self.source);
  return [known === undefined ? boolean : literalValue(known)];
}

export const textMethods: Readonly<Record<string, BuiltinMethod>> = {
  trim: trimmed(true, true),
  trimStart: trimmed(true, false),
  trimEnd: trimmed(false, true),
  toUpperCase: changeCase((text) => text.toUpperCase()),
  toLowerCase: changeCase((text) => text.toLowerCase()),
  startsWith: tested(startsWith),
  endsWith: tested(endsWith),
  includes: tested(includes),
  replace: replace(false),
  replaceAll: replace(true),
  slice: textMethod(slice),
  substring: textMethod(substring),
  substr: textMethod(substr),
  charAt: textMethod((self, call) => {
    const at = integer(call.argument(0));
    return at === undefined ? undefined : [characterAt(self, at ?? 0)];
  }),
  split: (_, self, call) => {
    if (self.kind === "text") return split(self, call);
    return self.kind === "param" ? [self] : undefined;
  },
  test: found,
};

/** `text.concat(…)`. */
export const concatTexts: BuiltinMethod = (_, self, call) =>
  self.kind === "text" ? concat(self, call) : undefined;
