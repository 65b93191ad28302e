/** Types of fields, as far as values prove them. */
import type { Field } from "../../contract/operation.ts";
import { plainText, type Value, type Values } from "../evaluate/values.ts";

/** Keys whose literal value says which of several things a request does. */
const discriminating =
  /^(?:action|op|operation|operationName|method|_method|command|cmd|event|intent|mutation|do)$/;

type Scalar = "string" | "number" | "boolean" | "any";

function scalarOf(value: Value): Scalar | undefined {
  switch (value.kind) {
    case "text":
      return "string";
    case "literal":
      if (value.value === undefined) return undefined;
      return typeof value.value === "number"
        ? "number"
        : typeof value.value === "boolean"
          ? "boolean"
          : "any";
    case "unknown":
      return value.type ?? "any";
    default:
      return "any";
  }
}

/** Whether a text is a lone hole: its type is that of the value in it. */
function holeType(value: Value): Scalar | undefined {
  const [part, ...more] = value.kind === "text" ? value.parts : [];
  return part?.kind === "hole" && more.length === 0 && part.number ? "number" : undefined;
}

/**
 * A table of fields by name. `__proto__` is no name of one: the sidecar refuses it, and an object that is written to under
 * it changes what it is.
 */
export function fieldTable(entries: Iterable<readonly [string, Field]>): Record<string, Field> {
  return Object.fromEntries([...entries].filter(([key]) => key !== "__proto__"));
}

/** The fields of two tables: what they say differently of one is `any`. */
export function mergeFields(
  one: Readonly<Record<string, Field>>,
  other: Readonly<Record<string, Field>>,
): Record<string, Field> {
  const fields = new Map(Object.entries(one));
  for (const [key, field] of Object.entries(other)) {
    const known = fields.get(key);
    const same = known === undefined || JSON.stringify(known) === JSON.stringify(field);
    fields.set(key, same ? field : "any");
  }
  return fieldTable(fields);
}

/** What is known of a field by its possible values; `undefined` among them leaves the field out. */
export function fieldOf(key: string, values: Values): Field {
  const [only, ...others] = values;
  if (only !== undefined && others.length === 0 && discriminating.test(key)) {
    const text = plainText(only);
    if (text !== undefined) return { literal: text };
  }
  const types = new Set(values.map((value) => holeType(value) ?? scalarOf(value)));
  types.delete(undefined);
  const [type] = types;
  return types.size === 1 && type !== undefined ? type : "any";
}
