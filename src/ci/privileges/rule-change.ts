/** What the comparers of rules tell, and what they share: which targets concern an app, and which one says another. */
import type { WorkspacePath } from "../../contract/workspace-fault.ts";
import { compileGlob } from "../../policy/glob.ts";

/** A change of a rule, in a few words. */
export interface RuleChange {
  readonly widens: boolean;
  readonly message: string;
  readonly path: WorkspacePath;
}

/** Whether a target may name operations of an app. */
export function concerns(target: string, app: string): boolean {
  return compileGlob(target.slice(0, target.indexOf("/")))(app);
}

/** Whether a target names at least what another one names; as both are written, so that it may miss some. */
export function covers(whole: string, target: string): boolean {
  const [app = "", parts = ""] = whole.split("/");
  const [namedApp = "", namedParts = ""] = target.split("/");
  const named = new Set(namedParts.split("+"));
  return (
    compileGlob(app)(namedApp) && parts.split("+").every((part) => part === "*" || named.has(part))
  );
}
