/** Functions and methods of the language and the page that build texts and objects. */
import type { BuiltinCall, BuiltinMethod } from "./builtin-call.ts";
import type { Evaluation } from "./evaluation.ts";
import { RootFrame } from "./frame.ts";
import { knownFields } from "./known-fields.ts";
import { parsed } from "./json-texts.ts";
import { listMethods } from "./list-methods.ts";
import { entryValues } from "./names.ts";
import { encoded, stringified } from "./text-conversions.ts";
import { concatTexts, textMethods } from "./text-methods.ts";
import { asText } from "./texts.ts";
import { resolvedUrl } from "./url-bases.ts";
import {
  certainly,
  literalValue,
  plainText,
  textValue,
  union,
  unknownSet,
  type ArrayValue,
  type QueryValue,
  type UnknownValue,
  type Value,
  type Values,
} from "./values.ts";

/** For values that need none. */
const noFrame = new RootFrame();

type Builtin = (evaluation: Evaluation, call: BuiltinCall) => Values;

const number: UnknownValue = { kind: "unknown", type: "number" };
const boolean: UnknownValue = { kind: "unknown", type: "boolean" };
const string: UnknownValue = { kind: "unknown", type: "string" };

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

/** `[[key, value], …]` of an object whose members are all known. */
function entriesOf(evaluation: Evaluation, value: Value): Values {
  // Nobody asks it of nothing: the call stands behind a test.
  if (value.kind === "literal") return [{ kind: "array", elements: [] }];
  if (value.kind !== "object") return unknownSet;
  const { fields, open } = knownFields(evaluation, value);
  if (open) return unknownSet;
  const base = { key: undefined, spread: false, node: null, frame: noFrame, optional: false };
  const pair = ([key, values]: [string, Values]): Value => ({
    kind: "array",
    elements: [
      { ...base, values: [textValue(key)] },
      { ...base, values },
    ],
  });
  const elements = [...fields].map((field) => ({ ...base, values: [pair(field)] }));
  return [{ kind: "array", elements }];
}

/** The fields of a query or form, from what makes it: an object, pairs. */
export function queryValue(evaluation: Evaluation, values: Values, multipart: boolean): QueryValue {
  const given = values.filter((value) => value.kind !== "literal");
  return { kind: "query", ...fieldsOf(evaluation, given), multipart };
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

/** Base64 of a known text. It keeps the last literal, where a password stands behind its user. */
function inBase64(value: Value): Value {
  const text = plainText(value);
  // Beyond Latin-1 btoa throws; passwords are ASCII.
  if (text === undefined || value.kind !== "text" || /[^\p{ASCII}]/u.test(text)) {
    return { kind: "unknown" };
  }
  const literal = value.parts.findLast((part) => part.kind === "text" && part.node !== undefined);
  const node = literal?.kind === "text" ? literal.node : undefined;
  const encodedText = Buffer.from(text, "latin1").toString("base64");
  return { kind: "text", parts: [{ kind: "text", text: encodedText, ...(node ? { node } : {}) }] };
}

const functions: Readonly<Record<string, Builtin>> = {
  btoa: (_, call) => call.argument(0).map(inBase64),
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
  "JSON.stringify": (_, call) =>
    call
      .argument(0)
      .map((of) => (of.kind === "literal" && of.value === undefined ? of : { kind: "json", of })),
  "JSON.parse": (_, call) => call.argument(0).map(parsed),
  Object: (_, call) => call.argument(0),
  "Object.entries": (evaluation, call) =>
    union(...call.argument(0).map((value) => entriesOf(evaluation, value))),
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
  // Around a function that webpack 4 calls without its module as `this`.
  "Object.freeze": (_, call) => call.argument(0),
  "Object.defineProperty": (_, call) => call.argument(0),
  "Promise.resolve": (_, call) => call.argument(0),
  "Date.now": () => [number],
  Symbol: () => unknownSet,
};

const constructors: Readonly<Record<string, Builtin>> = {
  URL: (evaluation, call) =>
    union(
      ...call.argument(0).map((value) => {
        const base = call.argument(1);
        const text = asText(value, call.entered.args[0] ?? undefined);
        const bare = base.every((one) => one.kind === "literal");
        return bare ? [text] : resolvedUrl(evaluation, text, { base, node: call.entered.args[1] });
      }),
    ),
  URLSearchParams: (evaluation, call) => [queryValue(evaluation, call.argument(0), false)],
  FormData: () => [{ kind: "query", fields: new Map(), open: true, multipart: true }],
  Headers: (_, call) => call.argument(0),
  Request: (_, call) => [{ kind: "request", url: call.argument(0), init: call.argument(1) }],
};

const same: BuiltinMethod = (_evaluation, self) => [self];
const methods: Readonly<Record<string, BuiltinMethod>> = {
  ...textMethods,
  ...listMethods,
  toString: (_: Evaluation, self: Value) =>
    self.kind === "instance" ? undefined : [stringified(self)],
  valueOf: same,
  concat: concatTexts,
  bind: (_, self, call) => {
    if (self.kind === "client") return call.entered.args.length > 1 ? undefined : [self];
    if (self.kind !== "function") return undefined;
    const bound = call.entered.args.slice(1).map((_arg, at) => call.argument(at + 1));
    return [bound.length === 0 ? self : { ...self, bound: [...(self.bound ?? []), ...bound] }];
  },
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

/** The result of calling a global function, or undefined if it is not known. */
export function builtinCall(
  evaluation: Evaluation,
  path: string,
  call: BuiltinCall,
): Values | undefined {
  return Object.hasOwn(functions, path) ? functions[path]?.(evaluation, call) : undefined;
}

/** The result of `new` on a global, or undefined if it is not known. */
export function builtinNew(
  evaluation: Evaluation,
  path: string,
  call: BuiltinCall,
): Values | undefined {
  return Object.hasOwn(constructors, path) ? constructors[path]?.(evaluation, call) : undefined;
}

/** The result of a method of texts, lists and page objects, or undefined if it is not known. */
export function builtinMethod(
  evaluation: Evaluation,
  called: { self: Value; name: string },
  call: BuiltinCall,
): Values | undefined {
  return Object.hasOwn(methods, called.name)
    ? methods[called.name]?.(evaluation, called.self, call)
    : undefined;
}
