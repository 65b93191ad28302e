/** Checks the variables of a GraphQL call by their declared types. A reason names variables, never values. */
import type { JsonValue } from "../../contract/canonical-json.ts";
import type { ReadFields } from "./fields.ts";

const integer = (value: JsonValue): boolean =>
  typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= 2 ** 31;

/** The scalars of the specification; enumerations, input objects and scalars of a schema are not known here. */
const scalars: Readonly<Record<string, ((value: JsonValue) => boolean) | undefined>> = {
  Int: integer,
  Float: (value) => typeof value === "number",
  String: (value) => typeof value === "string",
  Boolean: (value) => typeof value === "boolean",
  ID: (value) => typeof value === "string" || Number.isInteger(value),
};

/** Whether a value is of a type as the specification coerces inputs: one value is a list of it. */
function isOfType(type: string, value: JsonValue): boolean {
  if (type.endsWith("!")) return value !== null && isOfType(type.slice(0, -1), value);
  if (value === null) return true;
  if (type.startsWith("[")) {
    const inner = type.slice(1, -1);
    return Array.isArray(value)
      ? value.every((item) => isOfType(inner, item))
      : isOfType(inner, value);
  }
  const isScalar = Object.hasOwn(scalars, type) ? scalars[type] : undefined;
  return isScalar === undefined || isScalar(value);
}

/** Declared variables only, each of its type; those that must be given are. */
export function readVariables(
  types: Readonly<Record<string, string>>,
  given: JsonValue,
): ReadFields {
  const values = given ?? {};
  if (typeof values !== "object" || Array.isArray(values)) {
    return { ok: false, reason: "the variables are no object" };
  }
  for (const [name, value] of Object.entries(values)) {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    const shown = JSON.stringify(name.slice(0, 64));
    if (type === undefined) return { ok: false, reason: `variable ${shown} is not declared` };
    if (!isOfType(type, value)) {
      return { ok: false, reason: `variable ${shown} is not of the type ${type}` };
    }
  }
  for (const [name, type] of Object.entries(types)) {
    if (type.endsWith("!") && !Object.hasOwn(values, name)) {
      return { ok: false, reason: `variable ${name} is missing` };
    }
  }
  return { ok: true, values };
}
