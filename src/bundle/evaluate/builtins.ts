/** Functions and methods of the language and the page that build texts and objects. */
import type { Node } from "../modules/syntax.ts";
import { argumentValues } from "./arguments.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Entered } from "./frame.ts";
import { entryValues } from "./names.ts";
import { knownFields } from "./known-fields.ts";
import { asText, joinTexts, knownStart, mapText } from "./texts.ts";
import {
  certainly,
  literalValue,
  plainText,
  textValue,
  union,
  unknownSet,
  type ArrayValue,
  type QueryValue,
  type TextValue,
  type UnknownValue,
  type Value,
  type Values,
} from "./values.ts";

interface Call {
  readonly entered: Entered;
  readonly argument: (index: number) => Values;
}

type Builtin = (evaluation: Evaluation, call: Call) => Values;

const number: UnknownValue = { kind: "unknown", type: "number" };
const boolean: UnknownValue = { kind: "unknown", type: "boolean" };
const string: UnknownValue = { kind: "unknown", type: "string" };

/** A lone surrogate makes encodeURIComponent throw; it is replaced as a browser does in forms. */
function encodeText(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\uFFFD"));
}

/** Nobody asks for `/accounts/undefined`: the value is given in a way that is not seen. */
function isMissing(value: Value): boolean {
  return value.kind === "literal" && (value.value === undefined || value.value === null);
}

function encoded(value: Value): Value {
  const text = plainText(value);
  if (text !== undefined) return textValue(encodeText(text));
  if (value.kind === "literal" && !isMissing(value)) return asText(value);
  if (value.kind === "unknown" && value.type === "number") return value;
  return { kind: "unknown", type: "string", encoded: true };
}

function stringified(value: Value): Value {
  if (value.kind === "text" || value.kind === "param" || value.kind === "global") return value;
  if (value.kind === "query") return asText(value);
  if (isMissing(value)) return string;
  if (value.kind === "literal") return asText(value);
  return value.kind === "unknown" ? value : string;
}

function fieldsOf(
  evaluation: Evaluation,
  values: Values,
): { fields: Map<string, Values>; open: boolean } {
  const fields = new Map<string, Values>();
  let open = false;
  for (const value of values) {
    if (value.kind === "array") {
      open ||= pairs(evaluation, value, fields);
      continue;
    }
    if (value.kind === "text") {
      open = true;
      continue;
    }
    const known = knownFields(evaluation, value);
    open ||= known.open;
    for (const [key, set] of known.fields) fields.set(key, union(fields.get(key) ?? [], set));
  }
  return { fields, open };
}

/** `[["k", v]]`: true if a pair is not known. */
function pairs(evaluation: Evaluation, list: ArrayValue, fields: Map<string, Values>): boolean {
  let open = false;
  for (const element of list.elements) {
    const [pair] = element.spread ? [] : entryValues(evaluation, element);
    const [key] = pair?.kind === "array" ? evaluation.property(pair, "0") : [];
    const name = key === undefined ? undefined : plainText(key);
    if (pair === undefined || name === undefined) open = true;
    else fields.set(name, evaluation.property(pair, "1"));
  }
  return open;
}

/** The fields of a query or form, from what makes it: an object, pairs. */
export function queryValue(evaluation: Evaluation, values: Values, multipart: boolean): QueryValue {
  const given = values.filter((value) => value.kind !== "literal");
  return { kind: "query", ...fieldsOf(evaluation, given), multipart };
}

function resolvedUrl(path: TextValue, base: Values, node?: Node | null): Values {
  const start = knownStart(path);
  if (/^(?:[a-z][a-z0-9+.-]*:)?\/\//i.test(start.text)) return [path];
  return union(
    ...base.map((value): Values => {
      const text = plainText(value);
      if (text === undefined) {
        const isRooted = start.text.startsWith("/");
        return value.kind === "global" || value.kind === "param"
          ? joinTexts([
              node ? { values: [value], node } : { values: [value] },
              { values: [isRooted ? path : slashed(path)] },
            ])
          : unknownSet;
      }
      if (start.whole) {
        const made = URL.canParse(start.text, text) ? new URL(start.text, text).href : undefined;
        return made === undefined ? unknownSet : [textValue(made)];
      }
      if (!start.text.startsWith("/") || !URL.canParse(text)) return unknownSet;
      return joinTexts([{ values: [textValue(new URL(text).origin)] }, { values: [path] }]);
    }),
  );
}

function slashed(path: TextValue): TextValue {
  return { kind: "text", parts: [{ kind: "text", text: "/" }, ...path.parts] };
}

/** An element of the page: a global, named by the words of its selector. */
const pageElement: Builtin = (_, call) => {
  const [selector, ...others] = call.argument(0).map(plainText);
  const words = selector?.match(/[A-Za-z0-9]+/g)?.filter((word) => !/^(?:meta|name)$/.test(word));
  if (selector === undefined || others.length > 0 || !words?.length) return unknownSet;
  const [first = "", ...rest] = words;
  const name = first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return [{ kind: "global", path: `document.${name}` }];
};

const functions: Readonly<Record<string, Builtin>> = {
  "document.querySelector": pageElement,
  "document.head.querySelector": pageElement,
  "document.getElementById": pageElement,
  encodeURIComponent: (_, call) => call.argument(0).map(encoded),
  encodeURI: (_, call) => call.argument(0).map(stringified),
  String: (_, call) => call.argument(0).map(stringified),
  Number: () => [number],
  parseInt: () => [number],
  parseFloat: () => [number],
  Boolean: (_, call) => {
    const known = certainly(call.argument(0));
    return [known === undefined ? boolean : literalValue(known)];
  },
  "JSON.stringify": (_, call) => call.argument(0).map((of) => ({ kind: "json", of })),
  "Object.assign": (_, call) => [
    {
      kind: "object",
      entries: call.entered.args.map((node) => ({
        key: undefined,
        spread: true,
        node: node?.type === "SpreadElement" ? null : node,
        frame: call.entered.caller,
        optional: false,
      })),
    },
  ],
  "Object.freeze": (_, call) => call.argument(0),
  "Object.defineProperty": (_, call) => call.argument(0),
  "Promise.resolve": (_, call) => call.argument(0),
  "Date.now": () => [number],
  Symbol: () => unknownSet,
};

const constructors: Readonly<Record<string, Builtin>> = {
  URL: (_, call) =>
    union(
      ...call.argument(0).map((value) => {
        const base = call.argument(1);
        const text = asText(value);
        const bare = base.every((one) => one.kind === "literal");
        return bare ? [text] : resolvedUrl(text, base, call.entered.args[1]);
      }),
    ),
  URLSearchParams: (evaluation, call) => [queryValue(evaluation, call.argument(0), false)],
  FormData: () => [{ kind: "query", fields: new Map(), open: true, multipart: true }],
  Headers: (_, call) => call.argument(0),
  Request: (_, call) => [{ kind: "request", url: call.argument(0), init: call.argument(1) }],
};

type Method = (evaluation: Evaluation, self: Value, call: Call) => Values | undefined;

function affix(test: (text: string, part: string) => boolean): Method {
  return (_, self, call) => {
    const [part] = call.argument(0).map(plainText);
    if (self.kind !== "text" || part === undefined) return [boolean];
    const { text, whole } = knownStart(self);
    if (whole || text.length >= part.length) return [literalValue(test(text, part))];
    return [boolean];
  };
}

function changeCase(change: (text: string) => string): Method {
  return (_, self) => (self.kind === "text" ? [mapText(self, change)] : undefined);
}

/** `base.replace(/\\/$/, "")`: a base without the slash at its end, or its start. */
function trimmedSlash(self: Value, call: Call): Values | undefined {
  const [pattern] = call.entered.args;
  const side =
    pattern?.type === "RegExpLiteral" ? /^(\^)?\\\/[+*]?(\$)?$/.exec(pattern.pattern) : null;
  if (side === null || (side[1] === undefined) === (side[2] === undefined)) return undefined;
  if (/^(?:param|global|unknown)$/.test(self.kind)) return [self];
  if (self.kind !== "text") return undefined;
  const at = side[1] === undefined ? self.parts.length - 1 : 0;
  const trim = side[1] === undefined ? /\/+$/ : /^\/+/;
  const parts = self.parts.map((part, index) =>
    index === at && part.kind === "text" ? { ...part, text: part.text.replace(trim, "") } : part,
  );
  return [{ kind: "text", parts }];
}

function replaced(self: Value, call: Call, all: boolean): Values | undefined {
  const trimmed = trimmedSlash(self, call);
  if (trimmed !== undefined) return trimmed;
  const [wanted] = call.argument(0).map(plainText);
  const text = plainText(self);
  if (wanted === undefined || text === undefined || !text.includes(wanted)) {
    return self.kind === "text" && plainText(self) !== undefined && wanted !== undefined
      ? [self]
      : undefined;
  }
  const pieces = all ? text.split(wanted) : splitOnce(text, wanted);
  return joinTexts(
    pieces.flatMap((piece, at) => [
      ...(at === 0 ? [] : [{ values: call.argument(1) }]),
      { values: [textValue(piece)] },
    ]),
  );
}

function splitOnce(text: string, wanted: string): string[] {
  const at = text.indexOf(wanted);
  return [text.slice(0, at), text.slice(at + wanted.length)];
}

function joined(evaluation: Evaluation, list: ArrayValue, separator: string): Values {
  if (list.elements.some((element) => element.spread)) return unknownSet;
  return joinTexts(
    list.elements.flatMap((element, at) => [
      ...(at === 0 ? [] : [{ values: [textValue(separator)] }]),
      {
        values: entryValues(evaluation, element),
        ...(element.node === null ? {} : { node: element.node }),
      },
    ]),
  );
}

const same: Method = (_evaluation, self) => [self];
const methods: Readonly<Record<string, Method>> = {
  toString: (_: Evaluation, self: Value) =>
    self.kind === "instance" ? undefined : [stringified(self)],
  valueOf: same,
  trim: (_, self) => (self.kind === "text" ? [self] : undefined),
  toUpperCase: changeCase((text) => text.toUpperCase()),
  toLowerCase: changeCase((text) => text.toLowerCase()),
  startsWith: affix((text, part) => text.startsWith(part)),
  concat: (_, self, call) =>
    self.kind === "text"
      ? joinTexts([
          { values: [self] },
          ...call.entered.args.map((node, at) => ({
            values: call.argument(at),
            ...(node === null ? {} : { node }),
          })),
        ])
      : undefined,
  replace: (_, self, call) => replaced(self, call, false),
  replaceAll: (_, self, call) => replaced(self, call, true),
  join: (evaluation, self, call) => {
    if (self.kind !== "array") return undefined;
    const [separator] = call.argument(0);
    const text = separator?.kind === "literal" ? "," : separator && plainText(separator);
    return text === undefined ? undefined : joined(evaluation, self, text);
  },
  bind: (_, self) => (self.kind === "function" || self.kind === "client" ? [self] : undefined),
  getAttribute: (_, self, call) => {
    const [name, ...others] = call.argument(0).map(plainText);
    if (self.kind !== "global" || name === undefined || others.length > 0) return undefined;
    const key = name
      .replace(/^data-/, "")
      .replaceAll(/-+(\w)/g, (_all, one: string) => one.toUpperCase());
    return [{ kind: "global", path: `${self.path}.${key}` }];
  },
  toISOString: () => [string],
  toFixed: () => [string],
};

function callOf(evaluation: Evaluation, entered: Entered): Call {
  return { entered, argument: (index) => argumentValues(evaluation, entered, index) };
}

/** The result of calling a global function, or undefined if it is not known. */
export function builtinCall(
  evaluation: Evaluation,
  path: string,
  entered: Entered,
): Values | undefined {
  return Object.hasOwn(functions, path)
    ? functions[path]?.(evaluation, callOf(evaluation, entered))
    : undefined;
}

/** The result of `new` on a global, or undefined if it is not known. */
export function builtinNew(
  evaluation: Evaluation,
  path: string,
  entered: Entered,
): Values | undefined {
  return Object.hasOwn(constructors, path)
    ? constructors[path]?.(evaluation, callOf(evaluation, entered))
    : undefined;
}

/** The result of a method of texts, arrays and page objects, or undefined if it is not known. */
export function builtinMethod(
  evaluation: Evaluation,
  called: { self: Value; name: string },
  entered: Entered,
): Values | undefined {
  return Object.hasOwn(methods, called.name)
    ? methods[called.name]?.(evaluation, called.self, callOf(evaluation, entered))
    : undefined;
}
