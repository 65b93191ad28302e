/**
 * The runtime of webpack 5 and rspack: tables of functions `(module, exports, require)` in the entry and in chunks that push
 * themselves onto a global list. Known by the shape of the table, of the push, and of the function that runs a module.
 */
import {
  isCall,
  isFunction,
  isMember,
  memberName,
  type FunctionNode,
  type Node,
} from "../syntax.ts";
import type { Binding } from "../scope.ts";
import type { Unit } from "../unit.ts";
import { readParams } from "./exports.ts";
import { linkFederated } from "./webpack-federation.ts";
import { readRequires } from "./webpack-requires.ts";
import {
  isCallOf,
  literalId,
  literalMembers,
  type Role,
  type WrappedModule,
  type WrappedModules,
} from "./wrapped-module.ts";

/** The modules of one build, by id: the same module may stand in several chunks. */
export type Table = Map<string, WrappedModule[]>;

const params: readonly Role["role"][] = ["module", "exports", "require"];

/** The functions of a module table with their ids; undefined if it is none. */
export function factoriesOf(node: Node | null | undefined): [string, FunctionNode][] | undefined {
  const found: [string, FunctionNode][] = [];
  if (node?.type === "ArrayExpression") {
    for (const [at, element] of node.elements.entries()) {
      if (element === null) continue;
      if (!isFunction(element)) return undefined;
      found.push([String(at), element]);
    }
    return found;
  }
  const members = literalMembers(node);
  for (const { name, node: value } of members ?? []) {
    if (!isFunction(value)) return undefined;
    found.push([name, value]);
  }
  return members === undefined ? undefined : found;
}

interface Chunk {
  /** The global list that it pushes itself onto. */
  readonly list: string;
  readonly factories: [string, FunctionNode][];
  /** Runs entry modules, with the require function as its argument. */
  readonly start: FunctionNode | undefined;
}

/** What is pushed: `[[ids], {modules}, start]`. */
function chunkParts(node: Node | null | undefined): (Node | null)[] | undefined {
  if (node?.type !== "ArrayExpression") return undefined;
  const [ids] = node.elements;
  if (ids?.type !== "ArrayExpression") return undefined;
  return ids.elements.some((id) => literalId(id) === undefined) ? undefined : node.elements;
}

/** `(self.list = self.list || []).push([[ids], {modules}, start])`. */
function chunkAt(unit: Unit, push: Node): Chunk | undefined {
  const call = unit.parentOf(push);
  if (!isCall(call) || call.callee !== push || !isMember(push)) return undefined;
  const parts = call.arguments.length === 1 ? chunkParts(call.arguments[0]) : undefined;
  const factories = factoriesOf(parts?.[1]);
  const list = listName(push.object);
  if (factories === undefined || list === undefined) return undefined;
  const start = parts?.[2];
  return { list, factories, start: isFunction(start) ? start : undefined };
}

/** The global list that is pushed onto: `(self.list = self.list || [])`. */
/** What a chunk that is itself an ES module exports, by webpack's own names: its ids and its table. */
const chunkExports = [
  ["__webpack_esm_ids__", "__webpack_esm_modules__"],
  ["__webpack_ids__", "__webpack_modules__"],
  ["ids", "modules"],
] as const;

/** The value of a variable that a script exports. */
function exportedValue({ es }: WrappedModules, unit: Unit, name: string): Node | undefined {
  const found = es.exportOf(unit, name);
  if (found === undefined || !("node" in found) || found.node.type !== "Identifier")
    return undefined;
  const [declaration] = found.unit.bindingOf(found.node)?.declarations ?? [];
  return declaration?.type === "VariableDeclarator" ? (declaration.init ?? undefined) : undefined;
}

/** `export const ids = […]; export const modules = {…}`: the table of such a chunk. */
function exportedTable(wrapped: WrappedModules, unit: Unit): [string, FunctionNode][] {
  if (unit.index.exports.length === 0) return [];
  for (const [ids, modules] of chunkExports) {
    const isChunk = exportedValue(wrapped, unit, ids)?.type === "ArrayExpression";
    const table = isChunk ? factoriesOf(exportedValue(wrapped, unit, modules)) : undefined;
    if (table !== undefined) return table;
  }
  return [];
}

export function listName(node: Node): string | undefined {
  if (node.type === "AssignmentExpression") return listName(node.left);
  if (node.type === "LogicalExpression") return listName(node.left);
  return isMember(node) ? memberName(node) : undefined;
}

interface Runtime {
  readonly unit: Unit;
  readonly require: Binding;
  readonly factories: [string, FunctionNode][];
}

/** The require function, if this is where it runs a module: it hands itself on, last. */
function requireAt(unit: Unit, call: Node, own: Node | undefined): Binding | undefined {
  const require = own?.type === "Identifier" ? unit.bindingOf(own) : undefined;
  const run = unit.functionOf(call);
  if (require === undefined || run === undefined || run.params.length === 0) return undefined;
  return holds(require, run) ? require : undefined;
}

/** `table[id](module, module.exports, require)`, also by `.call`: the function that runs a module. */
function runtimeAt(unit: Unit, exported: Node): Runtime | undefined {
  const call = unit.parentOf(exported);
  if (!isCall(call) || !isMember(call.callee)) return undefined;
  const at = call.arguments.length - 2;
  if (call.arguments[at] !== exported || at < 1) return undefined;
  const require = requireAt(unit, call, call.arguments.at(-1));
  if (require === undefined) return undefined;
  const { callee } = call;
  const member = memberName(callee) === "call" ? callee.object : callee;
  return { unit, require, factories: isMember(member) ? tableOf(unit, member.object) : [] };
}

/** Whether a binding holds a function. */
function holds(binding: Binding, fn: FunctionNode): boolean {
  return (
    binding.declarations.some(
      (one) => one === fn || (one.type === "VariableDeclarator" && one.init === fn),
    ) || binding.writes.some((one) => one.type === "AssignmentExpression" && one.right === fn)
  );
}

/** `(function (table) {…})({…})`: what version 4 gives the function of its runtime. */
function givenInPlace(unit: Unit, fn: Node, param: Node): Node | undefined {
  const call = unit.parentOf(fn);
  if (!isFunction(fn) || !isCallOf(call, fn) || param.type !== "Identifier") return undefined;
  const at = fn.params.findIndex((one) => one.type === "Identifier" && one.name === param.name);
  return call.arguments[at];
}

function tableOf(unit: Unit, node: Node): [string, FunctionNode][] {
  const binding = node.type === "Identifier" ? unit.bindingOf(node) : undefined;
  if (binding === undefined) return [];
  const values = [
    ...binding.declarations.map((one) =>
      one.type === "VariableDeclarator" ? one.init : givenInPlace(unit, one, node),
    ),
    ...binding.writes.map((one) => (one.type === "AssignmentExpression" ? one.right : null)),
  ];
  return values.flatMap((value) => factoriesOf(value) ?? []);
}

function* membersNamed(units: readonly Unit[], name: string): Generator<[Unit, Node]> {
  for (const unit of units) {
    for (const member of unit.index.members.get(name) ?? []) yield [unit, member];
  }
}

/** One webpack build: its tables and the names by which its modules are asked for. */
class Build {
  readonly table: Table = new Map();
  readonly requires: { unit: Unit; binding: Binding }[] = [];

  add(wrapped: WrappedModules, unit: Unit, factories: readonly [string, FunctionNode][]): void {
    for (const [id, factory] of factories) {
      const module = wrapped.add(unit, factory, params);
      this.table.set(id, [...(this.table.get(id) ?? []), module]);
      this.requireParam(unit, factory, 2);
    }
  }

  requireParam(unit: Unit, fn: FunctionNode, index: number): void {
    const param = fn.params[index];
    if (param?.type !== "Identifier") return;
    const binding = unit.scopeOf(param).lookup(param.name);
    if (binding !== undefined) this.requires.push({ unit, binding });
  }
}

/** The build whose chunks are ES modules: they have no list. */
function moduleBuild(wrapped: WrappedModules): Build | undefined {
  const build = new Build();
  for (const unit of wrapped.units) build.add(wrapped, unit, exportedTable(wrapped, unit));
  return build.table.size === 0 ? undefined : build;
}

/** Builds are told apart by the global list of their chunks: several may stand on one page. */
function buildsOf(wrapped: WrappedModules): Build[] {
  const lists = new Map<string, Build>();
  const unlisted = moduleBuild(wrapped);
  for (const [unit, member] of membersNamed(wrapped.units, "push")) {
    const chunk = chunkAt(unit, member);
    if (chunk === undefined) continue;
    const build = lists.get(chunk.list) ?? new Build();
    lists.set(chunk.list, build);
    build.add(wrapped, unit, chunk.factories);
    if (chunk.start !== undefined) build.requireParam(unit, chunk.start, 0);
  }
  const builds = [...lists.values()];
  for (const [unit, member] of membersNamed(wrapped.units, "exports")) {
    const runtime = runtimeAt(unit, member);
    if (runtime === undefined) continue;
    const list = [...lists.keys()].find((name) => unit.index.members.has(name));
    const build = (list === undefined ? unlisted : lists.get(list)) ?? new Build();
    if (!builds.includes(build)) builds.push(build);
    build.add(wrapped, unit, runtime.factories);
    build.requires.push({ unit, binding: runtime.require });
  }
  return builds;
}

/** Finds the modules of webpack builds, what they export and where they are loaded. */
export function findWebpackModules(wrapped: WrappedModules): void {
  const builds = buildsOf(wrapped);
  linkFederated(builds);
  for (const build of builds) {
    for (const { unit, binding } of build.requires) {
      readRequires(wrapped, { unit, binding, table: build.table });
    }
    for (const module of [...build.table.values()].flat()) readParams(wrapped, module);
  }
}
