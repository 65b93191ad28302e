/**
 * The sidecar: the only place that holds credentials and the only way to the data. `startSidecar` starts it inside a
 * process; run as a program (sidecar.mjs) it reads its settings from the environment. Read lifecycle.ts first.
 */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runProgram } from "./program.ts";

export { startSidecar, type RunningSidecar, type SidecarOptions } from "./start-sidecar.ts";

function isEntryPoint(): boolean {
  const [, entry] = process.argv;
  try {
    return (
      entry !== undefined && realpathSync(entry) === realpathSync(fileURLToPath(import.meta.url))
    );
  } catch {
    return false;
  }
}

if (isEntryPoint()) await runProgram(fileURLToPath(import.meta.url));
