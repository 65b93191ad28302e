/** Checks values against registered fields. Field names may be quoted in a reason; values never are. */
import type { JsonValue } from "../../contract/canonical-json.ts";
import type { Field, Fields } from "../../contract/operation.ts";
import type { QueryValues } from "../matching/query.ts";
import { isReservedKey } from "./reserved.ts";

export type ReadFields =
  | { readonly ok: true; readonly values: { [key: string]: JsonValue } }
  | { readonly ok: false; readonly reason: string };

type ScalarField = Exclude<Field, { list: unknown }>;

/** A field's name as a reason may show it. */
function quoteName(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}

function isScalar(field: ScalarField, value: JsonValue): boolean {
  if (typeof field === "object") {
    if ("literal" in field) return value === field.literal;
    return typeof value === "string" && value.startsWith(field.prefix);
  }
  return field === "any" || typeof value === field;
}

/** Whether a JSON value fits a field, without any coercion. */
function fitsField(field: Field, value: JsonValue): boolean {
  if (typeof field === "object" && "list" in field) {
    return Array.isArray(value) && value.every((item) => isScalar(field.list, item));
  }
  return isScalar(field, value);
}

/** A text of a query or a form as its field's type, if it is the one spelling of it. */
function readScalar(field: ScalarField, text: string): JsonValue | undefined {
  if (typeof field === "object") {
    if ("prefix" in field) return text.startsWith(field.prefix) ? text : undefined;
    return String(field.literal) === text ? field.literal : undefined;
  }
  if (field === "number") {
    const value = Number(text);
    return Number.isFinite(value) && String(value) === text ? value : undefined;
  }
  if (field === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  return text;
}

function readField(field: Field | undefined, texts: readonly string[]): JsonValue | undefined {
  if (typeof field === "object" && "list" in field) {
    const items = texts.map((text) => readScalar(field.list, text));
    return items.includes(undefined) ? undefined : (items as JsonValue[]);
  }
  return texts.length === 1 ? readScalar(field ?? "string", texts[0] as string) : undefined;
}

/**
 * Reads the texts of a query or a form: registered keys by their type, others only where the shape is open, a repeated
 * key only as a list.
 */
export function readTextFields(fields: Fields, texts: QueryValues): ReadFields {
  const values: { [key: string]: JsonValue } = {};
  for (const [name, list] of texts) {
    const field = Object.hasOwn(fields.fields, name) ? fields.fields[name] : undefined;
    if ((field === undefined && (!fields.open || isReservedKey(name))) || name === "__proto__") {
      return { ok: false, reason: `field ${quoteName(name)} is not registered` };
    }
    const value = readField(field, list);
    if (value === undefined) {
      return { ok: false, reason: `field ${quoteName(name)} has another type or is repeated` };
    }
    values[name] = value;
  }
  return { ok: true, values };
}

/** The fields of a JSON object, and whether it may have others. */
export interface Members {
  readonly fields?: Readonly<Record<string, Field>> | undefined;
  readonly open?: boolean | undefined;
}

function checkMember(
  { fields = {}, open }: Members,
  name: string,
  member: JsonValue,
): string | undefined {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) {
    const isTaken = open === true && !isReservedKey(name);
    return isTaken ? undefined : `field ${quoteName(name)} is not registered`;
  }
  return fitsField(field, member) ? undefined : `field ${quoteName(name)} has another type`;
}

/** Checks the members of a JSON object; absent ones are absent, but for literals, which tell operations apart. */
export function checkMembers(
  body: Members,
  value: { readonly [key: string]: JsonValue },
): string | undefined {
  for (const [name, member] of Object.entries(value)) {
    const fault = checkMember(body, name, member);
    if (fault !== undefined) return fault;
  }
  for (const [name, field] of Object.entries(body.fields ?? {})) {
    const isLiteral = typeof field === "object" && "literal" in field;
    if (isLiteral && !Object.hasOwn(value, name)) return `field ${quoteName(name)} is missing`;
  }
  return undefined;
}
