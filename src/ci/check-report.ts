/** What a check found, for every output format. */
import type { InspectReport } from "../contract/build.ts";
import type { Counts } from "./severity.ts";

export interface CheckReport extends Omit<InspectReport, "origins" | "external"> {
  /** As the person named it. */
  readonly path: string;
  /** `bundle`: judged as import would ship it. `emitted`: what import wrote was verified. */
  readonly target: "bundle" | "emitted";
  /** A workspace governs the app. */
  readonly governed: boolean;
  readonly counts: Counts;
  /** No error: exit 0. */
  readonly passed: boolean;
}
