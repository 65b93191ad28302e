/** Where values go through wrapped modules: out of one by its exports, to every call that loads it. */
import type { CallNode } from "../modules/syntax.ts";
import type { Interop, Outlet } from "../modules/wrapped/wrapped-module.ts";
import { result, type Path } from "./flow-path.ts";
import { intoBinding } from "./flow-targets.ts";
import type { FlowTracker } from "./flow.ts";

/** Follows a value out of the place where it is exported. */
export function intoOutlet(tracker: FlowTracker, outlet: Outlet, path: Path): void {
  const { target, name, getter } = outlet;
  if (getter && path[0] !== result) return;
  const given = getter ? path.slice(1) : path;
  const whole = name === null ? given : [name, ...given];
  if ("loads" in target) {
    const { wrapped } = tracker.evaluation.program;
    for (const load of target.loads) {
      const kind = wrapped.interopOf(load);
      const paths = kind === undefined ? [whole] : adapted(kind, whole);
      for (const one of paths) tracker.to(load, one);
    }
  } else {
    const [first] = target.reads;
    if (first !== undefined) intoBinding(tracker, target, { id: first, path: whole });
  }
}

/** Follows a module's exports through a helper that adapts them; false if the call is none. */
export function intoInterop(tracker: FlowTracker, call: CallNode, path: Path): boolean {
  const kind = tracker.evaluation.program.wrapped.interopOf(call);
  if (kind === undefined) return false;
  for (const whole of adapted(kind, path)) tracker.to(call, whole);
  return true;
}

/** The default export of an ES module is its member, that of another all that it exports. */
function adapted(kind: Interop, path: Path): Path[] {
  const inner = path[0] === "default" ? [path, path.slice(1)] : [path];
  if (kind === "default") return inner;
  if (kind === "getter")
    return inner.flatMap((one) => [
      [result, ...one],
      ["a", ...one],
    ]);
  return [path, ["default", ...path]];
}
