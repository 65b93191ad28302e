/**
 * Abstract values: what an expression can be, as far as the scripts prove it. An expression evaluates to a *set* of them; a set
 * that would grow past its cap becomes one unknown value.
 */
import type { Binding } from "../modules/scope.ts";
import type { ClassNode, FunctionNode, Node } from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import type { WrappedModule } from "../modules/wrapped/wrapped-module.ts";
import type { Frame } from "./frame.ts";

/** Most values that one expression may have. */
export const setCap = 16;

/** A run of known text; `node` is the literal that it stands in. */
export interface TextPart {
  readonly kind: "text";
  readonly text: string;
  readonly node?: Node;
  /** It came in as an argument: another call may give another text; not if it is false. */
  readonly argument?: boolean;
  /** All calls give such a text as it stands. */
  readonly isSpelledOut?: boolean;
}

/** A value inside a text that is only known at run time. */
export interface HolePart {
  readonly kind: "hole";
  /** Percent-encoded by the app (`encodeURIComponent`). */
  readonly encoded: boolean;
  readonly number: boolean;
  /** The parameter it comes from, if callers decide it. */
  readonly param?: ParamValue;
  /** The global it comes from, e.g. `config.apiUrl`. */
  readonly global?: string;
  /** The expression. */
  readonly node?: Node;
}

/** A query string made by URLSearchParams. */
export interface QueryPart {
  readonly kind: "query";
  readonly query: QueryValue;
}

export type Part = TextPart | HolePart | QueryPart;

export interface TextValue {
  readonly kind: "text";
  readonly parts: readonly Part[];
}

export interface LiteralValue {
  readonly kind: "literal";
  readonly value: number | boolean | null | undefined;
  /** It came in as an argument: another call may give another number. */
  readonly argument?: true;
}

/** One member of an object, in source order: a later one wins. */
export interface Entry {
  /** Undefined: a spread, or a key that is only known at run time. */
  readonly key: string | undefined;
  readonly spread: boolean;
  /** Null where `values` holds what it is. */
  readonly node: Node | null;
  readonly frame: Frame;
  readonly values?: readonly Value[];
  /** Set only under a condition. */
  readonly optional: boolean;
}

export interface ObjectValue {
  readonly kind: "object";
  readonly entries: readonly Entry[];
  /** The literal that makes it. */
  readonly node?: Node;
}

export interface ArrayValue {
  readonly kind: "array";
  readonly elements: readonly Entry[];
  /** These are all its elements: nothing is pushed later. */
  readonly exact?: true;
}

export interface FunctionValue {
  readonly kind: "function";
  readonly node: FunctionNode;
  /** The frame of the function around it. */
  readonly env: Frame;
  readonly self?: Value;
  /** Arguments that come before those of a call: `f.bind(self, …)`. */
  readonly bound?: readonly Values[];
}

export interface ClassValue {
  readonly kind: "class";
  readonly node: ClassNode;
  readonly env: Frame;
}

export interface InstanceValue {
  readonly kind: "instance";
  readonly of: ClassValue;
  /** The frame of its constructor; undefined where any construction is meant. */
  readonly made: Frame | undefined;
  /** The method whose callers decide which class it is of: this one, or one that inherits from it. */
  readonly by?: FunctionNode;
}

/** What `new` gives of a constructor function. */
export interface MadeValue {
  readonly kind: "made";
  readonly of: FunctionValue;
  /** The frame of the constructor; undefined where any construction is meant. */
  readonly made: Frame | undefined;
}

/** A global or a member of one; the page's global object itself is `window`, its members go without it. */
export interface GlobalValue {
  readonly kind: "global";
  readonly path: string;
}

interface NamespaceValue {
  readonly kind: "namespace";
  readonly unit: Unit;
}

/** What a wrapped module exports under names. */
export interface ExportsValue {
  readonly kind: "exports";
  readonly module: WrappedModule;
}

/** A bundler's function for the default export of a module: called, or asked for its member `a`. */
export interface GetterValue {
  readonly kind: "getter";
  readonly values: readonly Value[];
}

interface JsonValue {
  readonly kind: "json";
  readonly of: Value;
}

/** URLSearchParams, or the fields of a form. */
export interface QueryValue {
  readonly kind: "query";
  readonly fields: ReadonlyMap<string, readonly Value[]>;
  readonly open: boolean;
  readonly multipart: boolean;
}

export interface RequestValue {
  readonly kind: "request";
  readonly url: readonly Value[];
  readonly init: readonly Value[];
}

/** What the evaluator must know of an HTTP client library to carry its clients about. */
export interface ClientLibrary {
  readonly name: string;
  /** Members that make another client: `with` the options of the one they are called on, or `without`. */
  readonly makes: ReadonlyMap<string, "with" | "without">;
  /** Members that send a request. */
  readonly sends: ReadonlySet<string>;
}

/** One step of how a client was made. */
export interface MadeClient {
  /** The call that made it. */
  readonly at: Node;
  readonly options: readonly Value[];
}

/** A client of an HTTP library, or a member of one. */
export interface ClientValue {
  readonly kind: "client";
  readonly library: ClientLibrary;
  /** From the library's own client to this one. */
  readonly made: readonly MadeClient[];
  readonly member?: string;
}

/** A context of React, by the call that created it; its provider too. */
export interface ContextValue {
  readonly kind: "context";
  readonly at: Node;
}

/** A regular expression. */
export interface PatternValue {
  readonly kind: "pattern";
  readonly source: string;
}

/** A parameter, or a member of one, that callers decide. */
export interface ParamValue {
  readonly kind: "param";
  readonly fn: FunctionNode;
  readonly binding: Binding | undefined;
  readonly path: readonly string[];
  /** It is what a call of it gives. */
  readonly called?: true;
  /** It is a member of the `this` that callers decide. */
  readonly self?: true;
}

export interface UnknownValue {
  readonly kind: "unknown";
  readonly type?: "string" | "number" | "boolean";
  readonly encoded?: boolean;
  /** Why nothing is known, where it is more than "computed at run time". */
  readonly reason?: string;
}

export type Value =
  | TextValue
  | LiteralValue
  | ObjectValue
  | ArrayValue
  | FunctionValue
  | ClassValue
  | InstanceValue
  | MadeValue
  | GlobalValue
  | NamespaceValue
  | ExportsValue
  | GetterValue
  | JsonValue
  | QueryValue
  | RequestValue
  | ClientValue
  | ContextValue
  | PatternValue
  | ParamValue
  | UnknownValue;

export type Values = readonly Value[];

export const unknown: UnknownValue = { kind: "unknown" };
export const unknownSet: Values = [unknown];
export const undefinedValue: LiteralValue = { kind: "literal", value: undefined };

export function textValue(text: string, node?: Node): TextValue {
  return {
    kind: "text",
    parts: [node === undefined ? { kind: "text", text } : { kind: "text", text, node }],
  };
}

export function literalValue(value: LiteralValue["value"]): LiteralValue {
  return { kind: "literal", value };
}

/** The text of a value without holes, or undefined. */
export function plainText(value: Value): string | undefined {
  if (value.kind !== "text") return undefined;
  let text = "";
  for (const part of value.parts) {
    if (part.kind !== "text") return undefined;
    text += part.text;
  }
  return text;
}

function identityOf(value: Value): unknown {
  if (value.kind === "literal") return `literal ${String(value.value)}`;
  if (value.kind === "unknown") return `unknown ${value.type ?? ""}${value.encoded ?? ""}`;
  if (value.kind === "text") return plainText(value) ?? value;
  if (value.kind === "global") return `global ${value.path}`;
  if (value.kind === "class") return value.node;
  if (value.kind === "context") return value.at;
  if (value.kind === "exports") return value.module;
  return value;
}

/** The union of sets: without repetition, one unknown value past the cap. */
export function union(...sets: readonly Values[]): Values {
  const only = sets.length === 1 ? sets[0] : undefined;
  if (only !== undefined && only.length < 2) return only;
  const seen = new Map<unknown, Value>();
  for (const set of sets) for (const value of set) seen.set(identityOf(value), value);
  if (seen.size > setCap) return [{ kind: "unknown", reason: `more than ${setCap} values` }];
  return [...seen.values()];
}

/** Functions that are members of an object see it as `this`. */
export function bindSelf(values: Values, self: Value): Values {
  return values.map((value) =>
    value.kind === "function" &&
    value.self === undefined &&
    value.node.type !== "ArrowFunctionExpression"
      ? { ...value, self }
      : value,
  );
}

/** The union of what each of a list gives, asked no further once there are too many: lists may be long. */
export function unionOf<T>(list: readonly T[], give: (item: T) => Values): Values {
  let found: Values = [];
  for (const item of list) {
    found = union(found, give(item));
    if (found.some(({ kind }) => kind === "unknown")) break;
  }
  return found;
}

/** Whether a value is truthy, where that is certain. */
export function truthiness(value: Value): boolean | undefined {
  switch (value.kind) {
    case "literal":
      return Boolean(value.value);
    case "text":
      if (value.parts.some((part) => part.kind === "text" && part.text !== "")) return true;
      return value.parts.every((part) => part.kind === "text") ? false : undefined;
    case "global":
    case "param":
    case "unknown":
      return undefined;
    default:
      return true;
  }
}

/** The certain truthiness of a whole set. */
export function certainly(values: Values): boolean | undefined {
  const found = new Set(values.map(truthiness));
  return found.size === 1 ? [...found][0] : undefined;
}
