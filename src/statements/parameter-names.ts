/** What the parameters of a statement may be called. */

const hazardous: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Whether a name would reach what objects inherit. */
export function isHazardous(name: string): boolean {
  return hazardous.has(name);
}

/** `name`, or with a number where it is taken. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  let candidate = name;
  for (let count = 2; taken.has(candidate); count += 1) candidate = `${name}${count}`;
  return candidate;
}
