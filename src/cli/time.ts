/** Times as people read them. */

const units: readonly (readonly [string, number])[] = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
];

/** `3m`, `23h`, `2d`: the largest unit that fits. */
export function roughDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [unit, size] = units.find(([, each]) => seconds >= each) ?? ["s", 1];
  return `${Math.floor(seconds / size)}${unit}`;
}

/** `3m ago`. */
export function ago(time: string, now: Date): string {
  return `${roughDuration(now.getTime() - Date.parse(time))} ago`;
}

/** `2026-05-04 13:22:07` in UTC, for lists. */
export function listTime(time: string): string {
  return time.replace("T", " ").replace(/(\.\d+)?Z$/, "");
}
