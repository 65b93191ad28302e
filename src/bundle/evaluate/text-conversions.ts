/** Functions of the language that make texts of values. */
import { asText } from "./texts.ts";
import { plainText, textValue, type UnknownValue, type Value } from "./values.ts";

const string: UnknownValue = { kind: "unknown", type: "string" };

/** A lone surrogate makes encodeURIComponent throw; it is replaced as a browser does in forms. */
function encodeText(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\uFFFD"));
}

/** Nobody asks for `/accounts/undefined`: the value is given in a way that is not seen. */
function isMissing(value: Value): boolean {
  return value.kind === "literal" && (value.value === undefined || value.value === null);
}

/** `encodeURIComponent(x)`. */
export function encoded(value: Value): Value {
  const text = plainText(value);
  if (text !== undefined) return textValue(encodeText(text));
  if (value.kind === "literal" && !isMissing(value)) return asText(value);
  if (value.kind === "unknown" && value.type === "number") return value;
  return { kind: "unknown", type: "string", encoded: true };
}

/** `String(x)`. */
export function stringified(value: Value): Value {
  if (value.kind === "text" || value.kind === "param" || value.kind === "global") return value;
  if (value.kind === "query") return asText(value);
  if (isMissing(value)) return string;
  if (value.kind === "literal") return asText(value);
  return value.kind === "unknown" ? value : string;
}

/** The functions of the language that are handed on as such: `list.map(encodeURIComponent)`. */
export const conversions: Readonly<Record<string, ((value: Value) => Value) | undefined>> = {
  encodeURIComponent: encoded,
  encodeURI: stringified,
  String: stringified,
};
