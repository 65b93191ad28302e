/**
 * Names that classic scripts share: what one declares at its top is a global of all others, of pages, of workers with
 * `importScripts`, and of the modules beside them.
 */
import type { Binding } from "./scope.ts";
import type { Unit } from "./unit.ts";

/** What the page itself has by these names is looked for as such. */
const pageNames = new Set(
  "arguments document EventSource fetch globalThis location navigator self WebSocket window XMLHttpRequest".split(
    " ",
  ),
);

/** Top-level names of classic scripts, each declared by one script alone. */
function declaredOnce(units: readonly Unit[]): Map<string, { unit: Unit; binding: Binding }> {
  const found = new Map<string, { unit: Unit; binding: Binding } | null>();
  for (const unit of units) {
    // What a handler declares is its own, as in a function.
    if (unit.script.type === "module" || unit.script.type === "handler") continue;
    for (const [name, binding] of unit.index.scope.bindings) {
      if (!pageNames.has(name)) found.set(name, found.has(name) ? null : { unit, binding });
    }
  }
  return new Map([...found].flatMap(([name, one]) => (one === null ? [] : [[name, one]])));
}

/** Gives the unbound names of every script to the script that declares them. */
export function linkGlobalNames(units: readonly Unit[]): void {
  const declared = declaredOnce(units);
  if (declared.size === 0) return;
  for (const unit of units) {
    for (const [name, reads] of unit.index.unbound) {
      const owner = declared.get(name);
      if (owner === undefined || owner.unit === unit) continue;
      unit.globals.set(name, owner.binding);
      owner.binding.reads.push(...reads);
    }
  }
}
