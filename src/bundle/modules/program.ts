/**
 * All scripts of a bundle as one program. It owns parsing, indexing and the links between scripts, and says where a node
 * stands; it evaluates nothing.
 */
import type * as t from "@babel/types";
import type { Bundle, Script } from "../files/bundle.ts";
import { EsModules } from "./es-modules.ts";
import { linkGlobalNames } from "./global-names.ts";
import { indexScript } from "./index-script.ts";
import type { ModuleSystem } from "./module-system.ts";
import { parseScript, type ParseFailure } from "./parse-script.ts";
import type { Binding } from "./scope.ts";
import type { MemberNode, Node } from "./syntax.ts";
import { Unit } from "./unit.ts";
import { findWrappedModules } from "./wrapped/find-wrapped.ts";
import type { WrappedModules } from "./wrapped/wrapped-module.ts";

export interface Unparsed extends ParseFailure {
  readonly script: Script;
}

export class Program {
  readonly units: readonly Unit[];
  readonly unparsed: readonly Unparsed[];
  readonly modules: ModuleSystem;
  /** Modules that a bundler wrapped in functions. */
  readonly wrapped: WrappedModules;

  /** @param onScript told of each script before it is parsed, and which of how many it is */
  constructor(bundle: Bundle, onScript?: (script: Script, at: number, of: number) => void) {
    const units: Unit[] = [];
    const unparsed: Unparsed[] = [];
    for (const [at, script] of bundle.scripts.entries()) {
      onScript?.(script, at + 1, bundle.scripts.length);
      const { tree, failure } = parseScript(script, String(units.length));
      if (failure !== undefined) unparsed.push({ ...failure, script });
      else units.push(new Unit(units.length, { script, tree, index: indexScript(tree) }));
    }
    linkGlobalNames(units);
    this.units = units;
    this.unparsed = unparsed;
    const modules = new EsModules(units);
    this.modules = modules;
    this.wrapped = findWrappedModules(units, modules);
  }

  /** The script that a node belongs to: every node carries its number since parsing. */
  unitOf(node: Node): Unit {
    return this.units[Number(node.loc?.filename)] as Unit;
  }

  bindingOf(identifier: t.Identifier): Binding | undefined {
    return this.unitOf(identifier).bindingOf(identifier);
  }

  parentOf(node: Node): Node | undefined {
    return this.unitOf(node).parentOf(node);
  }

  /** Identifiers that mean a global of this name, in all scripts. */
  unbound(name: string): t.Identifier[] {
    return this.units.flatMap((unit) => [...(unit.index.unbound.get(name) ?? [])]);
  }

  /** What writes a global of this name by its bare name. */
  unboundWrites(name: string): Node[] {
    return this.units.flatMap((unit) => [...(unit.index.unboundWrites.get(name) ?? [])]);
  }

  /** Member accesses of this name. */
  members(name: string): MemberNode[] {
    return this.units.flatMap((unit) => [...(unit.index.members.get(name) ?? [])]);
  }

  /** Properties of patterns that take a member of this name. */
  taken(name: string): t.ObjectProperty[] {
    return this.units.flatMap((unit) => [...(unit.index.taken.get(name) ?? [])]);
  }
}
