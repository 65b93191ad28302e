/** Source of calls of the proxy. */

/** A run of the bundle's own source that stays where it is: an argument, or the expression of a template's hole. */
type Kept = object;

const mark = "__kept__";

/** In parentheses: what stood in a template's hole may be a comma expression. */
const keptElement = `(${mark})`;

/** Every JSON text is an expression of the language since ES2019. */
function argumentOf(value: string | Kept | readonly Kept[]): string {
  if (typeof value === "string") return JSON.stringify(value);
  return Array.isArray(value) ? `[${value.map(() => keptElement).join(",")}]` : mark;
}

/**
 * The source of `__govern.<member>(…)`, cut where kept source goes in: one piece more than there are kept runs. An
 * argument is a text, a kept run, or a list of kept runs.
 */
export function proxyCall(
  member: string,
  values: readonly (string | Kept | readonly Kept[])[],
): string[] {
  return `__govern.${member}(${values.map(argumentOf).join(",")})`.split(mark);
}
