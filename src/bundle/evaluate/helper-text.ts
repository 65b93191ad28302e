/** Helpers of compilers are also known by their source: small, and told by what it says of its parameters. */

/** Longest source of a helper. */
export const helperLength = 1200;

/** A name as it is looked for in a source by a regular expression. */
export function asPattern(name: string): string {
  return name.replaceAll("$", String.raw`\$`);
}
