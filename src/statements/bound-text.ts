/** The answer of binding an interpolated text. */

export type BoundText =
  /** `holes[i]`: the number of the parameter that stands where hole i stood. */
  | { readonly ok: true; readonly statement: string; readonly holes: number[] }
  | { readonly ok: false; readonly reason: string };

export function refuse(reason: string): BoundText {
  return { ok: false, reason };
}
