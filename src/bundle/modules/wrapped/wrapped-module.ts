/**
 * A module that a bundler wrapped in a function: what it exports, where it is loaded, and what the names that it is given
 * stand for. The finders of the runtimes fill these in; nothing here is evaluated.
 */
import type * as t from "@babel/types";
import type { EsModules } from "../es-modules.ts";
import type { Binding } from "../scope.ts";
import { literalText, plainKey, type CallNode, type FunctionNode, type Node } from "../syntax.ts";
import type { Unit } from "../unit.ts";

export interface WrappedModule {
  readonly unit: Unit;
  /** The function that runs it. */
  readonly factory: FunctionNode;
  /** Expressions of what it exports under a name. */
  readonly named: Map<string, Node[]>;
  /** Expressions that take the place of its exports: `module.exports = …`. */
  readonly wholes: Node[];
  /** Calls whose value, or promised value, is what the module exports. */
  readonly loads: Node[];
  /** It says that it was an ES module. */
  es: boolean;
}

/** What the parameter of a module's function stands for. */
export interface Role {
  readonly role: "exports" | "module" | "require";
  readonly module: WrappedModule;
}

/** Where the value of an expression is handed on to: the exports of a module, or an object that stands for them. */
export interface Outlet {
  readonly target: WrappedModule | Binding;
  /** Null: it is all that the module exports. */
  readonly name: string | null;
  /** The expression is a function that gives the value. */
  readonly getter: boolean;
}

/**
 * Calls that stand between the exports of one kind of module and the imports of another: `getter` gives a function for the
 * default export, `namespace` an object with all of them, `default` the default export itself.
 */
export type Interop = "getter" | "namespace" | "default";

/** Names defined on a call's own result, or on an object. */
export interface Defined {
  readonly name: string;
  readonly node: Node;
}

/** A member as a runtime defines it: its value, or a function that gives it. */
export interface DefinedMember {
  readonly name: string;
  readonly node: Node;
  readonly getter: boolean;
}

/** What the finders of all runtimes write into. */
export class WrappedModules {
  readonly units: readonly Unit[];
  readonly es: EsModules;
  private readonly loaded = new Map<Node, WrappedModule>();
  private readonly byFactory = new Map<Node, WrappedModule>();
  private readonly roles = new Map<Binding, Role>();
  private readonly outlets = new Map<Node, Outlet>();
  private readonly interops = new Map<Node, Interop>();
  private readonly defined = new Map<Binding, Defined[]>();
  private readonly definitions = new Set<Node>();

  constructor(units: readonly Unit[], es: EsModules) {
    this.units = units;
    this.es = es;
  }

  /** The module whose exports a call gives. */
  loadedBy(call: Node): WrappedModule | undefined {
    return this.loaded.get(call);
  }

  /** The module that a function runs. */
  moduleOf(factory: Node): WrappedModule | undefined {
    return this.byFactory.get(factory);
  }

  roleOf(binding: Binding): Role | undefined {
    return this.roles.get(binding);
  }

  outletOf(node: Node): Outlet | undefined {
    return this.outlets.get(node);
  }

  interopOf(call: Node): Interop | undefined {
    return this.interops.get(call);
  }

  /** Whether a call only defines exports: nothing goes on from its arguments but what it defines. */
  isDefinition(call: Node): boolean {
    return this.definitions.has(call);
  }

  markDefinition(call: Node): void {
    this.definitions.add(call);
  }

  /** The members that a bundler's helper defines on the object that a name holds. */
  definedOn(binding: Binding): readonly Defined[] {
    return this.defined.get(binding) ?? [];
  }

  /** Makes a module of a function and names its parameters. */
  add(unit: Unit, factory: FunctionNode, params: readonly Role["role"][]): WrappedModule {
    const module: WrappedModule = {
      unit,
      factory,
      named: new Map(),
      wholes: [],
      loads: [],
      es: false,
    };
    this.byFactory.set(factory, module);
    for (const [at, role] of params.entries()) {
      const param = factory.params[at];
      if (param?.type === "Identifier") this.give(unit, param, { role, module });
    }
    return module;
  }

  /** A name in a module's function stands for a part of the runtime. */
  give(unit: Unit, name: t.Identifier, role: Role): void {
    const binding = unit.scopeOf(name).lookup(name.name);
    if (binding !== undefined) this.roles.set(binding, role);
  }

  load(call: Node, module: WrappedModule): void {
    if (!this.loaded.has(call)) this.loaded.set(call, module);
    module.loads.push(call);
  }

  interop(call: Node, kind: Interop): void {
    this.interops.set(call, kind);
  }

  /** A value is defined on an object that a name or a module's exports hold. */
  define(unit: Unit, target: Node, member: DefinedMember): void {
    const holder = this.holderOf(unit, target);
    if (holder !== undefined) this.defineOn(holder, member);
  }

  defineOn(holder: WrappedModule | Binding, member: DefinedMember): void {
    const { name, node, getter } = member;
    const value = getter ? givenBy(node) : node;
    if (value === undefined) return;
    this.outlets.set(node, { target: holder, name, getter });
    if (!("named" in holder)) {
      const known = this.defined.get(holder) ?? [];
      this.defined.set(holder, [...known, { name, node: value }]);
      return;
    }
    holder.es ||= getter;
    holder.named.set(name, [...(holder.named.get(name) ?? []), value]);
  }

  /** The exports of a module are replaced by a value. */
  replace(module: WrappedModule, node: Node): void {
    module.wholes.push(node);
    this.outlets.set(node, { target: module, name: null, getter: false });
  }

  /** `exports`, `module.exports`, or a name that holds an object. */
  private holderOf(unit: Unit, target: Node): WrappedModule | Binding | undefined {
    if (target.type === "MemberExpression" && target.object.type === "Identifier") {
      const binding = unit.bindingOf(target.object);
      const role = binding === undefined ? undefined : this.roles.get(binding);
      const isExports = plainKey(target.property, target.computed) === "exports";
      return role?.role === "module" && isExports ? role.module : undefined;
    }
    if (target.type !== "Identifier") return undefined;
    const binding = unit.bindingOf(target);
    if (binding === undefined) return undefined;
    const role = this.roles.get(binding);
    if (role === undefined) return binding;
    return role.role === "exports" ? role.module : undefined;
  }

  /** Every identifier that means a binding, in its own script and in those that import it. */
  reads(unit: Unit, binding: Binding): { unit: Unit; read: t.Identifier }[] {
    const found: { unit: Unit; read: t.Identifier }[] = [];
    const seen = new Set<Binding>();
    const waiting = [{ unit, binding }];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at.binding)) continue;
      seen.add(at.binding);
      for (const read of at.binding.reads) {
        found.push({ unit: at.unit, read });
        for (const arrival of this.es.arrivalsOf(at.unit, read)) {
          if (arrival.path.length > 0 || !("local" in arrival.node)) continue;
          const { name } = arrival.node.local;
          const local = arrival.unit.index.scope.lookup(name);
          if (local !== undefined) waiting.push({ unit: arrival.unit, binding: local });
        }
      }
    }
    return found;
  }
}

/** The expression that a getter gives. */
export function givenBy(node: Node): Node | undefined {
  if (!("params" in node) || !("body" in node)) return undefined;
  const { body } = node;
  if (body.type !== "BlockStatement") return body;
  for (const statement of body.body) {
    if (statement.type === "ReturnStatement") return statement.argument ?? undefined;
  }
  return undefined;
}

/** The binding of the variable or function that an expression is the value of. */
export function heldBy(unit: Unit, node: Node): Binding | undefined {
  if (node.type === "FunctionDeclaration") {
    return node.id ? unit.scopeOf(node).lookup(node.id.name) : undefined;
  }
  const parent = unit.parentOf(node);
  const target =
    parent?.type === "VariableDeclarator" && parent.init === node
      ? parent.id
      : parent?.type === "AssignmentExpression" && parent.right === node
        ? parent.left
        : undefined;
  return target?.type === "Identifier" ? unit.scopeOf(target).lookup(target.name) : undefined;
}

/** The id that a call asks for by a literal. */
export function literalId(node: Node | null | undefined): string | undefined {
  if (node?.type === "NumericLiteral") return String(node.value);
  return literalText(node);
}

export function isCallOf(
  call: Node | undefined,
  callee: Node,
): call is Exclude<CallNode, t.TaggedTemplateExpression> {
  return (
    (call?.type === "CallExpression" || call?.type === "OptionalCallExpression") &&
    call.callee === callee
  );
}

/** A member that stands in an object literal under a known name: its value, or the method itself. */
export interface LiteralMember {
  readonly name: string;
  readonly node: Node;
}

/** The members of an object literal; undefined if it is none, or some of its names are not known. */
export function literalMembers(node: Node | null | undefined): LiteralMember[] | undefined {
  if (node?.type !== "ObjectExpression") return undefined;
  const found: LiteralMember[] = [];
  for (const property of node.properties) {
    if (property.type === "SpreadElement") return undefined;
    const name = plainKey(property.key, property.computed);
    if (name === undefined) return undefined;
    found.push({ name, node: property.type === "ObjectMethod" ? property : property.value });
  }
  return found;
}
