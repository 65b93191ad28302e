/**
 * Turbopack's runtime: chunks push `[script, id, factory, …]`, or `[script, {id: factory}]`, onto a global list. A factory is
 * given a context whose members are the runtime's functions: `s` defines exports, `i` and `r` load, `A` loads later.
 */
import type * as t from "@babel/types";
import {
  isCall,
  isFunction,
  isMember,
  memberName,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../syntax.ts";
import type { Unit } from "../unit.ts";
import { readExports } from "./exports.ts";
import { definitions } from "./webpack-requires.ts";
import { factoriesOf, listName } from "./webpack.ts";
import { isCallOf, literalId, type WrappedModule, type WrappedModules } from "./wrapped-module.ts";

const globalName = /^TURBOPACK/;

type Call = Exclude<CallNode, t.TaggedTemplateExpression>;
type Table = Map<string, WrappedModule[]>;

interface Factory {
  readonly unit: Unit;
  readonly ids: readonly string[];
  readonly fn: FunctionNode;
}

/** `id, id, factory, …`: modules that were merged share a factory. */
function listedFactories(unit: Unit, elements: readonly (Node | null)[]): Factory[] {
  const found: Factory[] = [];
  let ids: string[] = [];
  for (const element of elements) {
    const id = literalId(element);
    if (id !== undefined) ids.push(id);
    else if (isFunction(element)) {
      if (ids.length > 0) found.push({ unit, ids, fn: element });
      ids = [];
    }
  }
  return found;
}

function chunkFactories(unit: Unit, push: Node): Factory[] {
  const call = unit.parentOf(push);
  if (!isCall(call) || call.callee !== push || !isMember(push)) return [];
  const list = listName(push.object);
  const [chunk] = call.arguments;
  if (list === undefined || !globalName.test(list) || chunk?.type !== "ArrayExpression") return [];
  const tables = chunk.elements.flatMap((element) =>
    element?.type === "ObjectExpression" ? (factoriesOf(element) ?? []) : [],
  );
  return [
    ...listedFactories(unit, chunk.elements.slice(1)),
    ...tables.map(([id, fn]): Factory => ({ unit, ids: [id], fn })),
  ];
}

/** `var {m: module, e: exports} = context`, as earlier versions print it. */
function giveParts(wrapped: WrappedModules, module: WrappedModule, pattern: t.ObjectPattern): void {
  for (const property of pattern.properties) {
    if (property.type !== "ObjectProperty" || property.value.type !== "Identifier") continue;
    const key = property.key.type === "Identifier" ? property.key.name : undefined;
    if (key !== "m" && key !== "e") continue;
    const role = key === "m" ? "module" : "exports";
    wrapped.give(module.unit, property.value, { role, module });
    readBinding(wrapped, module.unit, property.value);
  }
}

function readBinding(wrapped: WrappedModules, unit: Unit, name: t.Identifier): void {
  const binding = unit.scopeOf(name).lookup(name.name);
  if (binding !== undefined) readExports(wrapped, binding);
}

/** The ids that a loader module asks for when it is called: `context.v(load => … load(id))`. */
function loadedLater(unit: Unit, loader: FunctionNode): string[] {
  const [param] = loader.params;
  const binding = param?.type === "Identifier" ? unit.scopeOf(param).lookup(param.name) : undefined;
  return (binding?.reads ?? []).flatMap((read) => {
    const call = unit.parentOf(read);
    const id = isCallOf(call, read) ? literalId(call.arguments[0]) : undefined;
    return id === undefined ? [] : [id];
  });
}

class Reader {
  readonly wrapped: WrappedModules;
  readonly table: Table = new Map();
  /** The ids behind a module that only loads others when asked. */
  private readonly later = new Map<WrappedModule, readonly string[]>();
  private readonly waiting: { call: Call; id: string }[] = [];

  constructor(wrapped: WrappedModules) {
    this.wrapped = wrapped;
  }

  add(factory: Factory): WrappedModule | undefined {
    // Backwards: what the parameters stand for is the first one's.
    const modules = factory.ids.toReversed().map((id) => {
      const params = ["require", "module", "exports"] as const;
      const module = this.wrapped.add(factory.unit, factory.fn, params);
      this.table.set(id, [...(this.table.get(id) ?? []), module]);
      return module;
    });
    return modules.at(-1);
  }

  /** Reads what a module's function does with its parameters. */
  read(module: WrappedModule): void {
    const { unit, factory } = module;
    const [context, ...others] = factory.params;
    for (const param of others) {
      if (param.type === "Identifier") readBinding(this.wrapped, unit, param);
    }
    if (context?.type !== "Identifier") return;
    const binding = unit.scopeOf(context).lookup(context.name);
    for (const read of binding?.reads ?? []) this.contextUse(module, read);
  }

  private contextUse(module: WrappedModule, read: t.Identifier): void {
    const { unit } = module;
    const parent = unit.parentOf(read);
    if (parent?.type === "VariableDeclarator" && parent.id.type === "ObjectPattern") {
      giveParts(this.wrapped, module, parent.id);
    }
    if (parent === undefined || !isMember(parent) || parent.object !== read) return;
    const call = unit.parentOf(parent);
    const name = memberName(parent);
    if (name !== undefined && isCallOf(call, parent)) this.contextCall(module, name, call);
  }

  private contextCall(module: WrappedModule, name: string, call: Call): void {
    const [first, second] = call.arguments as Node[];
    const id = literalId(first);
    if (name === "s") this.define(module, call);
    else if (name === "v" && first !== undefined) this.replace(module, first, literalId(second));
    else if (id === undefined) return;
    else if (name === "r") this.required(module.unit, call, id);
    else if (name === "i") this.loadNamespace(call, id);
    else if (name === "A") this.waiting.push({ call, id });
  }

  /** Exports of the module itself, or of one that was merged into it. */
  private define(module: WrappedModule, call: Call): void {
    const [members, of] = call.arguments as Node[];
    const id = literalId(of);
    const targets = id === undefined ? [module] : (this.table.get(id) ?? []);
    this.wrapped.markDefinition(call);
    for (const target of targets) {
      target.es = true;
      for (const member of definitions(members, true)) this.wrapped.defineOn(target, member);
    }
  }

  private replace(module: WrappedModule, node: Node, of: string | undefined): void {
    for (const target of of === undefined ? [module] : (this.table.get(of) ?? [])) {
      this.wrapped.replace(target, node);
      if (isFunction(node)) this.later.set(target, loadedLater(module.unit, node));
    }
  }

  /** `context.r(id)`, which earlier versions call on: `context.r(id)(context.i)` loads later. */
  private required(unit: Unit, call: Call, id: string): void {
    this.load(call, id);
    const later = unit.parentOf(call);
    if (isCallOf(later, call)) this.waiting.push({ call: later, id });
  }

  private load(call: Call, id: string): void {
    for (const module of this.table.get(id) ?? []) this.wrapped.load(call, module);
  }

  private loadNamespace(call: Call, id: string): void {
    this.load(call, id);
    if (this.table.has(id)) this.wrapped.interop(call, "namespace");
  }

  /** After all modules are read: a promise of what the module behind a loader exports. */
  finish(): void {
    for (const { call, id } of this.waiting) {
      const loaders = this.table.get(id) ?? [];
      for (const inner of loaders.flatMap((loader) => this.later.get(loader) ?? [])) {
        this.loadNamespace(call, inner);
      }
    }
  }
}

/** The pushes onto a list of this name. */
function pushesOf(units: readonly Unit[]): Factory[] {
  return units.flatMap((unit) => {
    const isChunk = [...unit.index.members.keys()].some((name) => globalName.test(name));
    const pushes = isChunk ? (unit.index.members.get("push") ?? []) : [];
    return pushes.flatMap((push) => chunkFactories(unit, push));
  });
}

/** Finds the modules of turbopack builds. */
export function findTurbopackModules(wrapped: WrappedModules): void {
  const reader = new Reader(wrapped);
  const modules = pushesOf(wrapped.units).flatMap((factory) => reader.add(factory) ?? []);
  for (const module of modules) reader.read(module);
  reader.finish();
}
