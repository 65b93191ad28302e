/** ES modules between the scripts of a bundle: static, renamed, default, namespace, re-exported, dynamic. */
import { posix } from "node:path";
import type * as t from "@babel/types";
import type { Arrival, Imported, ModuleSystem } from "./module-system.ts";
import { literalText, type Node } from "./syntax.ts";
import type { Unit } from "./unit.ts";

type Export =
  | { readonly kind: "local"; readonly node: Node }
  | { readonly kind: "from"; readonly source: string; readonly name: string | null };

interface ExportTable {
  readonly named: ReadonlyMap<string, Export>;
  /** Sources of `export * from`. */
  readonly stars: readonly string[];
}

function nameOf(node: t.Identifier | t.StringLiteral): string {
  return node.type === "Identifier" ? node.name : node.value;
}

function declaredNames(declaration: t.Declaration): t.Identifier[] {
  if (declaration.type === "VariableDeclaration") {
    return declaration.declarations.flatMap((one) =>
      one.id.type === "Identifier" ? [one.id] : patternNames(one.id as Node),
    );
  }
  return "id" in declaration && declaration.id?.type === "Identifier" ? [declaration.id] : [];
}

function patternNames(pattern: Node | null): t.Identifier[] {
  switch (pattern?.type) {
    case "Identifier":
      return [pattern];
    case "AssignmentPattern":
      return patternNames(pattern.left);
    case "RestElement":
      return patternNames(pattern.argument);
    case "ArrayPattern":
      return pattern.elements.flatMap(patternNames);
    case "ObjectPattern":
      return pattern.properties.flatMap((one) =>
        patternNames(one.type === "RestElement" ? one.argument : one.value),
      );
    default:
      return [];
  }
}

function namedExports(node: t.ExportNamedDeclaration, table: Map<string, Export>): void {
  if (node.declaration) {
    for (const id of declaredNames(node.declaration))
      table.set(id.name, { kind: "local", node: id });
  }
  for (const specifier of node.specifiers) {
    const name = nameOf(specifier.exported);
    if (!node.source) {
      if (specifier.type === "ExportSpecifier") {
        table.set(name, { kind: "local", node: specifier.local });
      }
      continue;
    }
    const imported = specifier.type === "ExportSpecifier" ? nameOf(specifier.local) : null;
    table.set(name, { kind: "from", source: node.source.value, name: imported });
  }
}

function exportTable(unit: Unit): ExportTable {
  const named = new Map<string, Export>();
  const stars: string[] = [];
  for (const node of unit.index.exports) {
    if (node.type === "ExportAllDeclaration") stars.push(node.source.value);
    else if (node.type === "ExportDefaultDeclaration") {
      named.set("default", { kind: "local", node: node.declaration });
    } else namedExports(node, named);
  }
  return { named, stars };
}

export class EsModules implements ModuleSystem {
  private readonly byFile = new Map<string, Unit>();
  private readonly tables = new Map<Unit, ExportTable>();
  private readonly arrivals = new Map<Node, Arrival[]>();

  constructor(units: readonly Unit[]) {
    for (const unit of units) {
      if (unit.script.offset === 0) this.byFile.set(unit.script.file, unit);
      this.tables.set(unit, exportTable(unit));
    }
    for (const unit of units) this.addArrivals(unit);
  }

  /** The script that a specifier means: relative ones against the importing file, rooted ones against the bundle. */
  private resolve(from: Unit, source: string): Unit | undefined {
    const clean = source.replace(/[?#].*$/, "");
    const path = clean.startsWith("/")
      ? clean.slice(1)
      : posix.join(posix.dirname(from.script.file), clean);
    if (!/^\.{0,2}\//.test(clean)) return undefined;
    return this.byFile.get(path) ?? this.bySuffix(path);
  }

  /** A bundle built for a sub-path (`/console/assets/x.js`) names files by more than their place in the folder. */
  private bySuffix(path: string): Unit | undefined {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      const unit = this.byFile.get(path.slice(at + 1));
      if (unit !== undefined) return unit;
    }
    return undefined;
  }

  exportOf(unit: Unit, name: string, seen: ReadonlySet<Unit> = new Set()): Imported | undefined {
    const table = this.tables.get(unit);
    if (table === undefined || seen.has(unit)) return undefined;
    const next = new Set(seen).add(unit);
    const found = table.named.get(name);
    if (found?.kind === "local") return this.throughImport(unit, found.node, next);
    if (found !== undefined) return this.sourceExport(unit, found, next);
    if (name === "default") return undefined;
    for (const source of table.stars) {
      const target = this.resolve(unit, source);
      const value = target === undefined ? undefined : this.exportOf(target, name, next);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  private sourceExport(
    unit: Unit,
    found: Extract<Export, { kind: "from" }>,
    seen: ReadonlySet<Unit>,
  ): Imported | undefined {
    const target = this.resolve(unit, found.source);
    if (target === undefined) return undefined;
    return found.name === null ? { namespace: target } : this.exportOf(target, found.name, seen);
  }

  /** An exported identifier may itself be an import. */
  private throughImport(unit: Unit, node: Node, seen: ReadonlySet<Unit>): Imported | undefined {
    if (node.type !== "Identifier") return { unit, node };
    const binding = unit.index.scope.lookup(node.name);
    const specifier = binding?.kind === "import" ? binding.declarations[0] : undefined;
    if (specifier === undefined) return { unit, node };
    return this.importOf(unit, specifier, seen);
  }

  importOf(unit: Unit, specifier: Node, seen?: ReadonlySet<Unit>): Imported | undefined {
    const declaration = unit.index.imports.find((one) =>
      one.specifiers.includes(specifier as never),
    );
    if (declaration === undefined) return undefined;
    const target = this.resolve(unit, declaration.source.value);
    if (target === undefined) return undefined;
    if (specifier.type === "ImportNamespaceSpecifier") return { namespace: target };
    const name = specifier.type === "ImportSpecifier" ? nameOf(specifier.imported) : "default";
    return this.exportOf(target, name, seen);
  }

  loadedBy(unit: Unit, call: Node): Unit | undefined {
    const source =
      call.type === "ImportExpression"
        ? call.source
        : call.type === "CallExpression"
          ? call.arguments[0]
          : undefined;
    const text = literalText(source);
    return text === undefined ? undefined : this.resolve(unit, text);
  }

  arrivalsOf(_unit: Unit, exported: Node): readonly Arrival[] {
    return this.arrivals.get(exported) ?? [];
  }

  private arrive(value: Imported | undefined, arrival: Arrival): void {
    if (value === undefined) return;
    if ("namespace" in value) {
      for (const name of this.namesOf(value.namespace, new Set())) {
        const path = [...arrival.path, name];
        const inner = this.exportOf(value.namespace, name);
        if (inner !== undefined && "node" in inner) this.add(inner.node, { ...arrival, path });
      }
    } else this.add(value.node, arrival);
  }

  private add(node: Node, arrival: Arrival): void {
    const known = this.arrivals.get(node);
    if (known === undefined) this.arrivals.set(node, [arrival]);
    else known.push(arrival);
  }

  private namesOf(unit: Unit, seen: Set<Unit>): string[] {
    const table = this.tables.get(unit);
    if (table === undefined || seen.has(unit)) return [];
    seen.add(unit);
    const names = [...table.named.keys()];
    for (const source of table.stars) {
      const target = this.resolve(unit, source);
      if (target !== undefined) names.push(...this.namesOf(target, seen));
    }
    return names;
  }

  private addArrivals(unit: Unit): void {
    for (const declaration of unit.index.imports) {
      for (const specifier of declaration.specifiers) {
        this.arrive(this.importOf(unit, specifier), { unit, node: specifier, path: [] });
      }
    }
    for (const call of unit.index.dynamicImports) {
      const target = this.loadedBy(unit, call);
      if (target !== undefined) this.arrive({ namespace: target }, { unit, node: call, path: [] });
    }
  }
}
