/** Code whose sinks are no data calls of the app: drivers that are cut, and the module-preload polyfill of bundlers. */
import type { Program } from "../modules/program.ts";
import { end, start, type Node } from "../modules/syntax.ts";

/** Longest source of a function that is taken for the polyfill. */
const polyfillLength = 3000;

const preload =
  "it is the module-preload polyfill of the bundler, which loads the app's own scripts";

function isPreloadPolyfill(program: Program, node: Node): boolean {
  const unit = program.unitOf(node);
  for (let fn = unit.functionOf(node); fn !== undefined; fn = unit.functionOf(fn)) {
    if (end(fn) - start(fn) > polyfillLength) return false;
    const text = unit.textOf(fn);
    if (text.includes("modulepreload") && text.includes("relList")) return true;
  }
  return false;
}

/** Regions that recognizers have excluded, with their reasons. */
export class DeadCode {
  private readonly program: Program;
  private readonly regions = new Map<Node, string>();

  constructor(program: Program) {
    this.program = program;
  }

  add(nodes: readonly Node[], reason: string): void {
    for (const node of nodes) this.regions.set(node, reason);
  }

  /** Why a place is excluded, or undefined. */
  reasonFor(node: Node): string | undefined {
    if (isPreloadPolyfill(this.program, node)) return preload;
    if (this.regions.size === 0) return undefined;
    for (const around of [node, ...this.program.unitOf(node).ancestors(node)]) {
      const reason = this.regions.get(around);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }
}
