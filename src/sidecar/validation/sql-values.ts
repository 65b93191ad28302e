/** Checks the values of a SQL call: tagged values, as many as the statement has parameters. */
import * as z from "zod";
import type { JsonValue } from "../../contract/canonical-json.ts";
import { parseStrictJson } from "../matching/strict-json.ts";

const scalar = z.union([
  z.null(),
  z.boolean(),
  z.number(),
  z.string(),
  z.strictObject({ $date: z.iso.datetime({ precision: 3 }) }),
  z.strictObject({ $int: z.string().regex(/^-?[1-9]\d{0,39}$/) }),
  z.strictObject({ $bytes: z.base64() }),
  z.strictObject({ $number: z.enum(["NaN", "Infinity", "-Infinity"]) }),
  z.strictObject({ $json: z.string().refine((text) => parseStrictJson(text).ok) }),
]);

const taggedValue = z.union([scalar, z.array(scalar).max(10_000)]);

export type ReadValues =
  | { readonly ok: true; readonly values: Readonly<Record<string, JsonValue>> }
  | { readonly ok: false; readonly reason: string };

/** Names each value by its parameter; no value is coerced, none may be missing or left over. */
export function readSqlValues(parameters: readonly string[], values: unknown): ReadValues {
  if (!Array.isArray(values) || values.length !== parameters.length) {
    return { ok: false, reason: `the statement takes ${parameters.length} values` };
  }
  const named: Record<string, JsonValue> = {};
  for (const [index, name] of parameters.entries()) {
    const parsed = taggedValue.safeParse(values[index]);
    if (!parsed.success) return { ok: false, reason: `value ${name} is not a SQL value` };
    named[name] = parsed.data;
  }
  return { ok: true, values: named };
}
