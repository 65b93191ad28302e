/**
 * Modules that a webpack or rspack build asks for by an id that none of its tables has: those of another build that exposes
 * them (module federation), and shared libraries with the build's own copy as a fallback.
 */
import type { Binding } from "../scope.ts";
import {
  childAt,
  isFunction,
  isMember,
  keysOf,
  memberName,
  plainKey,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../syntax.ts";
import type { Unit } from "../unit.ts";
import { callOfMember } from "./webpack-requires.ts";
import { isCallOf, literalId, literalMembers, type WrappedModule } from "./wrapped-module.ts";

type Call = Exclude<CallNode, { type: "TaggedTemplateExpression" }>;

/** What a build asks its modules by. */
export interface FederatedBuild {
  readonly table: Map<string, WrappedModule[]>;
  readonly requires: readonly { readonly unit: Unit; readonly binding: Binding }[];
}

/** The names of the objects that say which module of which other build stands behind an id. */
const remoteData = ["remotes", "remotesLoadingData"];

/** How far around a getter its key is looked for: `{key: () => load(chunk).then(() => () => require(id))}`. */
const keyDistance = 16;

/** A function that gives a module later, and the keys of the objects that it stands in, innermost first. */
interface Later {
  readonly id: string;
  readonly keys: readonly string[];
}

/** The function that does nothing but give a value. */
function giverOf(unit: Unit, value: Node): FunctionNode | undefined {
  let at = unit.parentOf(value);
  if (at?.type === "ReturnStatement") at = unit.parentOf(at);
  if (at?.type === "BlockStatement" && at.body.length === 1) at = unit.parentOf(at);
  return at !== undefined && isFunction(at) ? at : undefined;
}

function keysAround(unit: Unit, node: Node): string[] {
  const keys: string[] = [];
  let at = unit.parentOf(node);
  for (let step = 0; at !== undefined && step < keyDistance; step += 1) {
    if (at.type === "ObjectProperty" || at.type === "ObjectMethod") {
      const key = plainKey(at.key, at.computed);
      if (key !== undefined) keys.push(key);
    }
    at = unit.parentOf(at);
  }
  return keys;
}

/** `() => () => require(id)`. */
function laterAt(unit: Unit, call: Node, id: string): Later | undefined {
  const getter = giverOf(unit, call);
  const around = getter === undefined ? undefined : giverOf(unit, getter);
  return around === undefined ? undefined : { id, keys: keysAround(unit, around) };
}

/** `require(id)`, `require.t(id, mode)`, `require.bind(require, id)`, `require.t.bind(require, id, mode)`. */
function loadAt(unit: Unit, read: Node): Call | undefined {
  const parent = unit.parentOf(read);
  if (isCallOf(parent, read)) return parent;
  if (parent === undefined || !isMember(parent) || parent.object !== read) return undefined;
  return /^(?:t|bind)$/.test(memberName(parent) ?? "") ? callOfMember(unit, parent) : undefined;
}

interface Asked {
  readonly unknown: ReadonlySet<string>;
  readonly later: readonly Later[];
}

function askedBy({ table, requires }: FederatedBuild): Asked {
  const unknown = new Set<string>();
  const later: Later[] = [];
  for (const { unit, binding } of requires) {
    for (const read of binding.reads) {
      const call = loadAt(unit, read);
      const id = call?.arguments.map((one) => literalId(one)).find((text) => text !== undefined);
      if (call === undefined || id === undefined) continue;
      if (!table.has(id)) unknown.add(id);
      const found = laterAt(unit, call, id);
      if (found !== undefined) later.push(found);
    }
  }
  return { unknown, later };
}

/** The name of the module of another build in `[scope, "./name", id]` or `{name: "./name", …}`. */
function remoteName(value: Node): string | undefined {
  const parts =
    value.type === "ArrayExpression"
      ? value.elements
      : (literalMembers(value) ?? []).map(({ node }) => node);
  return parts.map(literalId).find((text) => text?.startsWith("./"));
}

/** The properties in a piece of code, nested functions left out. */
function* propertiesIn(around: Node): Generator<[string, Node]> {
  const waiting = [around];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === "ObjectProperty") {
      const key = plainKey(node.key, node.computed);
      if (key !== undefined) yield [key, node.value];
    }
    for (const name of keysOf(node)) {
      const child = childAt(node, name);
      for (const one of Array.isArray(child) ? (child as (Node | null)[]) : [child as Node]) {
        if (one && !isFunction(one)) waiting.push(one);
      }
    }
  }
}

function remotesOf({ requires }: FederatedBuild, unknown: ReadonlySet<string>): [string, string][] {
  const found: [string, string][] = [];
  for (const unit of new Set(requires.map((one) => one.unit))) {
    for (const member of remoteData.flatMap((name) => unit.index.members.get(name) ?? [])) {
      if (!isMember(member)) continue;
      for (const [id, value] of propertiesIn(unit.functionOf(member) ?? unit.tree.program)) {
        const name = unknown.has(id) ? remoteName(value) : undefined;
        if (name !== undefined) found.push([id, name]);
      }
    }
  }
  return found;
}

/** Adds the modules that builds have of each other, or load later under another id, to the tables of those that ask. */
export function linkFederated(builds: readonly FederatedBuild[]): void {
  const exposed = new Map<string, WrappedModule[]>();
  const asked = builds.map((build) => ({ build, ...askedBy(build) }));
  for (const { build, unknown, later } of asked) {
    for (const { id, keys } of later) {
      const modules = build.table.get(id) ?? [];
      for (const key of keys) {
        if (unknown.has(key)) build.table.set(key, modules);
        else if (key.startsWith("./")) {
          exposed.set(key, [...(exposed.get(key) ?? []), ...modules]);
        }
      }
    }
  }
  for (const { build, unknown } of asked) {
    for (const [id, name] of remotesOf(build, unknown)) {
      const modules = exposed.get(name);
      if (modules !== undefined && !build.table.has(id)) build.table.set(id, modules);
    }
  }
}
