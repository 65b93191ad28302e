/** The forms in which a text can hold a value: as it is, escaped for a string, percent-encoded, in base64. */

/** Whether a value can be looked for in other texts: short ones and single words stand there for many reasons. */
export function isTelling(value: string): boolean {
  return value.length >= 8 && (value.length >= 20 || !/^[A-Za-z]+$/.test(value));
}

/** Base64 digits that only the value decides, at each of the three places where it can begin. */
function base64Cores(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    const first = Math.ceil((shift * 8) / 6);
    const last = Math.floor(((shift + bytes.length) * 8) / 6);
    return encoded.slice(first, last);
  });
}

export interface ValueForms {
  /** To be found, and replaced, as they stand. */
  readonly texts: readonly string[];
  /** Runs of base64 that hold the value among other text. */
  readonly cores: readonly string[];
}

/** The forms of a value; of a short one only those that are no words by chance. */
export function formsOf(value: string): ValueForms {
  const json = JSON.stringify(value).slice(1, -1);
  const percent = encodeURIComponent(value);
  return {
    texts: [...new Set([value, json, json.replaceAll("/", String.raw`\/`), percent])],
    cores: [...new Set(base64Cores(value).filter((core) => core.length >= 10))],
  };
}

const run = /[A-Za-z0-9+/]*={0,2}/y;

/** The run of base64 around an offset. */
export function runAround(text: string, at: number): { start: number; end: number } {
  let start = at;
  while (start > 0 && /[A-Za-z0-9+/]/.test(text[start - 1] ?? "")) start -= 1;
  run.lastIndex = at;
  return { start, end: at + (run.exec(text)?.[0].length ?? 0) };
}
