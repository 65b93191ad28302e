/** Looks for render tests: no color, so that widths can be counted. */
import { Chalk } from "chalk";
import type { Look } from "../../src/cli/output.ts";

const paint = new Chalk({ level: 0 });

export function terminalLook(width: number): Look {
  return { terminal: true, width, paint };
}

export const pipeLook: Look = { terminal: false, width: Number.POSITIVE_INFINITY, paint };
