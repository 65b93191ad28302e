/** What a check found, for every output format. */
import type { Finding, InspectReport } from "../contract/build.ts";
import type { Home } from "./judge/judged.ts";
import type { Counts } from "./severity.ts";

/** A place in the repository: `uri` relative to its root, `line` and `column` from 1. */
export interface Location {
  readonly uri: string;
  readonly line: number;
  readonly column: number;
}

export interface CheckFinding extends Finding {
  /** The same for the same finding, whatever rebuilt, minified or moved it. */
  readonly fingerprint: string;
  /** Only `new` ones count: `known` is in the baseline, `suppressed` in govern.yaml. */
  readonly state: "new" | "known" | "suppressed";
  /** Why it is suppressed. */
  readonly suppressed?: string;
  /** Its `file` is that one, none of the bundle's. */
  readonly home?: Home;
  /** In the original source where a map tells, else in the bundle. */
  readonly location: Location;
  /** In the bundle, if `location` is in a source. */
  readonly bundleLocation?: Location;
}

/** Counted in every report, whatever a baseline knows. */
export interface WriteCounts {
  readonly total: number;
  /** Those with a finding of `ungated-write`. */
  readonly ungated: number;
  /** Of the ungated ones, those that the baseline knows. */
  readonly known: number;
}

export interface CheckReport extends Omit<InspectReport, "origins" | "external" | "findings"> {
  /** As the person named it. */
  readonly path: string;
  /** `bundle`: judged as import would ship it. `emitted`: what import wrote was verified. */
  readonly target: "bundle" | "emitted";
  /** A workspace governs the app. */
  readonly governed: boolean;
  /** Of --against: what the bundle was compared with; only `widened-access` can be an error then. */
  readonly against?: string;
  readonly findings: readonly CheckFinding[];
  readonly writes: WriteCounts;
  /** Of the new findings. */
  readonly counts: Counts;
  readonly known: number;
  readonly suppressed: number;
  /** No new error: exit 0. */
  readonly passed: boolean;
}
