/** One thing that `govern doctor` looked at. */
export interface Check {
  readonly name: string;
  /** `off` is a fact to know, no fault. */
  readonly state: "good" | "off" | "bad";
  readonly found: string;
  readonly remedy?: string;
}
