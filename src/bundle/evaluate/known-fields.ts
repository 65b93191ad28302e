/** The members of an object, by name. */
import type { Evaluation } from "./evaluation.ts";
import { entryValues } from "./names.ts";
import type { Value, Values } from "./values.ts";

/** Most spreads that are looked into for one object: an object may spread itself. */
const spreadCap = 400;

/** The members of an object that are certain to exist, in order, and whether there may be others. */
export function knownFields(
  evaluation: Evaluation,
  value: Value,
  work: { spreads: number } = { spreads: 0 },
): { fields: Map<string, Values>; open: boolean } {
  const fields = new Map<string, Values>();
  if (value.kind === "query") {
    for (const [key, values] of value.fields) fields.set(key, values);
    return { fields, open: value.open };
  }
  if (value.kind !== "object" || work.spreads > spreadCap)
    return { fields, open: value.kind !== "literal" };
  let open = false;
  for (const entry of value.entries) {
    if (entry.key !== undefined) {
      fields.set(entry.key, evaluation.property(value, entry.key));
    } else if (entry.spread) {
      for (const one of entryValues(evaluation, entry)) {
        work.spreads += 1;
        const inner = knownFields(evaluation, one, work);
        open ||= inner.open;
        for (const key of inner.fields.keys()) {
          fields.set(key, evaluation.property(value, key));
        }
      }
    } else open = true;
  }
  return { fields, open };
}
