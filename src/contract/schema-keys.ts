/** Which keys a schema knows at a place, and which of them is nearest to one it does not know. */
import * as z from "zod";

function stepInto(schema: unknown, step: PropertyKey): unknown[] {
  if (schema instanceof z.ZodOptional) return stepInto(schema.unwrap(), step);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((one) => stepInto(one, step));
  if (schema instanceof z.ZodArray) return typeof step === "number" ? [schema.element] : [];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodObject) {
    return Object.hasOwn(schema.shape, step) ? [schema.shape[String(step)]] : [];
  }
  return [];
}

function ownKeys(schema: unknown): string[] {
  if (schema instanceof z.ZodOptional) return ownKeys(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(ownKeys);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** The keys that a schema knows at a path, sorted; those of every option where it offers several. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let places: unknown[] = [schema];
  for (const step of path) places = places.flatMap((place) => stepInto(place, step));
  return [...new Set(places.flatMap(ownKeys))].toSorted();
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** The candidate that a mistyped key most likely means; undefined when none is near. */
export function nearestKey(key: string, candidates: readonly string[]): string | undefined {
  if (key.length > 64) return undefined;
  const limit = Math.max(2, Math.floor(key.length / 3));
  const ranked = candidates
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .filter((entry) => entry.distance <= limit && entry.distance < entry.name.length)
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.name;
}
