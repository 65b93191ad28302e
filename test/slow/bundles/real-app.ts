/** A real bundle with its backend's answers and its script of clicks. */
import type { ComparedApp } from "../../side-by-side/compare.ts";

export interface RealApp extends Omit<ComparedApp, "folder"> {
  /** Name and version on npm. */
  readonly package: readonly [string, string];
  /** What the boundary refuses on purpose and the page says of it. */
  readonly refused?: RegExp;
  /** The app's folder, given that of the package. */
  readonly folderIn: (unpacked: string) => string;
}
