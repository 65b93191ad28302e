/**
 * What the analysis asks of a module system: which binding of one script is which of another. Modules that a
 * bundler wrapped in functions are in `wrapped/`.
 */
import type { Node } from "./syntax.ts";
import type { Unit } from "./unit.ts";

/** An exported value: the node whose value it is, in the script that makes it. */
interface ExportedValue {
  readonly unit: Unit;
  /** An expression, a function or class declaration, or the identifier that is exported. */
  readonly node: Node;
}

/** The exports of a whole script, as `import *` and `import()` give them. */
interface ExportedNamespace {
  readonly namespace: Unit;
}

export type Imported = ExportedValue | ExportedNamespace;

/** A place in another script where an exported value arrives under a name. */
export interface Arrival {
  readonly unit: Unit;
  /** An import specifier, or a dynamic import, whose value is the namespace. */
  readonly node: Node;
  /** Path from the node's value to the exported value: empty for a named import. */
  readonly path: readonly string[];
}

export interface ModuleSystem {
  /** What an import specifier stands for; undefined if it comes from outside the bundle. */
  importOf(unit: Unit, specifier: Node): Imported | undefined;
  /** The script that a dynamic import loads. */
  loadedBy(unit: Unit, call: Node): Unit | undefined;
  /** What a script exports under a name. */
  exportOf(unit: Unit, name: string): Imported | undefined;
  /** Where the value of an export declaration or specifier arrives in other scripts. */
  arrivalsOf(unit: Unit, exported: Node): readonly Arrival[];
}
