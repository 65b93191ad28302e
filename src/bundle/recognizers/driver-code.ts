/**
 * The code of database drivers in a bundle: where it is, how the app takes it in, and what of it must not run. A driver that
 * was written for Node throws when a page loads it; nothing of it is needed once its clients are cut.
 */
import type * as t from "@babel/types";
import { callersOf } from "../evaluate/callers.ts";
import { FlowTracker, type Use } from "../evaluate/flow.ts";
import type { Path } from "../evaluate/flow-path.ts";
import {
  isCall,
  isClass,
  type ClassNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import type { CutDraft, RecognizerContext } from "./recognizer.ts";

/** Why the code of a driver counts as dead. */
export const deadDriver =
  "it is part of the database driver, whose clients are cut at their construction";

/** Where a text of a driver stands, also as a template that escapes its backticks. */
export function placesOf(unit: Unit, text: string): Node[] {
  const { code } = unit.script;
  const nodes: Node[] = [];
  for (const spelling of new Set([text, text.replaceAll("`", "\\`")])) {
    for (let at = code.indexOf(spelling); at >= 0; at = code.indexOf(spelling, at + 1)) {
      nodes.push(unit.nodeAt(at));
    }
  }
  return nodes;
}

/** The calls among the uses of something. */
export function calledIn(uses: readonly Use[]): Node[] {
  return uses.flatMap((use) => (use.kind === "call" ? [use.node] : []));
}

/** The classes around texts that only one driver holds. */
export function classesAround(context: RecognizerContext, texts: readonly string[]): ClassNode[] {
  const found = new Set<ClassNode>();
  for (const unit of context.program.units) {
    for (const node of texts.flatMap((text) => placesOf(unit, text))) {
      const owner = unit.ancestors(node).find((one): one is ClassNode => isClass(one));
      if (owner !== undefined) found.add(owner);
    }
  }
  return [...found];
}

/** What stands for a driver's module wherever it is loaded. */
export function inert(at: Node): CutDraft {
  return { at, cut: { kind: "driver", names: null } };
}

/**
 * The calls that load the module whose function a node stands in: those of a bundler's runtime, or of the function that runs
 * a CommonJS module once.
 */
export function loadsOf(context: RecognizerContext, node: Node): Node[] {
  const { program } = context;
  const unit = program.unitOf(node);
  for (let fn = unit.functionOf(node); fn !== undefined; fn = unit.functionOf(fn)) {
    const module = program.wrapped.moduleOf(fn);
    if (module !== undefined) return module.loads.filter((load) => isCall(load));
    const runner = runnerOf(unit, fn);
    if (runner !== undefined) {
      context.evaluator.budget = 200_000;
      return callersOf(context.evaluator, runner)
        .callers.map(({ call }) => call)
        .filter((call) => isCall(call));
    }
  }
  return [];
}

/** `function load() { if (loaded) return …; (function (module) { … })(held); return held.exports }`. */
function runnerOf(unit: Unit, fn: FunctionNode): FunctionNode | undefined {
  const call = unit.parentOf(fn);
  if (call?.type !== "CallExpression" || call.callee !== fn) return undefined;
  const [given, ...others] = call.arguments;
  return given?.type === "Identifier" && others.length === 0 ? unit.functionOf(call) : undefined;
}

/**
 * The global `Buffer` of Node, which a driver asks for when it is loaded. No page has it: where nothing of the bundle makes one,
 * such a script ends at its first use of it, so that whatever else asks for it did not run either.
 */
export function nodeGlobals(context: RecognizerContext, units: readonly Unit[]): CutDraft[] {
  const { program } = context;
  const isMade = [...program.unboundWrites("Buffer"), ...program.members("Buffer")].length > 0;
  return isMade
    ? []
    : units
        .flatMap((unit) => [...(unit.index.unbound.get("Buffer") ?? [])])
        .filter((node) => !isTested(context, node))
        .map(inert);
}

/** `typeof Buffer`, `{ Buffer }`. */
function isTested(context: RecognizerContext, node: Node): boolean {
  const parent = context.program.parentOf(node);
  return parent?.type === "UnaryExpression" || parent?.type === "ObjectProperty";
}

/** The package that a script takes in from outside the bundle, by its name or from a network of packages. */
function packageOf(source: string): string | undefined {
  const bare =
    /^(?:https?:\/\/[^/]+\/(?:npm\/|v\d+\/)?)?((?:@[\w.-]+\/)?[\w.-]+)(?:@[^/]+)?(\/[^?#]*)?/.exec(
      source,
    );
  if (/^[./]/.test(source) || bare?.[1] === undefined) return undefined;
  const inner = bare[2] === undefined || bare[2].endsWith("+esm") ? "" : bare[2];
  return `${bare[1]}${inner}`;
}

/** A driver that the bundle takes in by an import. */
export interface ImportedDriver {
  readonly declaration: t.ImportDeclaration;
}

/** The imports of a package, under any of its names. */
export function importsOf(context: RecognizerContext, names: RegExp): ImportedDriver[] {
  return context.program.units.flatMap((unit) =>
    unit.tree.program.body.flatMap((node) =>
      node.type === "ImportDeclaration" && names.test(packageOf(node.source.value) ?? "")
        ? [{ declaration: node }]
        : [],
    ),
  );
}

/** Names instead of the import: the page could not load it. */
export function importCut({ declaration }: ImportedDriver): CutDraft {
  const names = declaration.specifiers.map((specifier) => {
    const member = specifier.type === "ImportSpecifier" ? importedName(specifier) : "default";
    return { name: specifier.local.name, member: member === "default" ? null : member };
  });
  return { at: declaration, cut: { kind: "driver", names } };
}

function importedName({ imported }: t.ImportSpecifier): string {
  return imported.type === "Identifier" ? imported.name : imported.value;
}

/** What is done with a member of what an import gives; with all of it for `default` alone. */
export function importedUses(
  context: RecognizerContext,
  { declaration }: ImportedDriver,
  name: string,
): readonly Use[] {
  return declaration.specifiers.flatMap((specifier) => {
    const paths = pathsTo(specifier, name);
    return paths.flatMap((path) => {
      context.evaluator.budget = 200_000;
      return new FlowTracker(context.evaluator).runInto(specifier.local, path).uses;
    });
  });
}

function pathsTo(specifier: t.ImportDeclaration["specifiers"][number], name: string): Path[] {
  const isDefault = name === "default";
  switch (specifier.type) {
    case "ImportDefaultSpecifier":
      return isDefault ? [[]] : [[name]];
    case "ImportNamespaceSpecifier":
      return isDefault ? [["default"]] : [[name], ["default", name]];
    case "ImportSpecifier": {
      const own = importedName(specifier);
      if (own === name) return [[]];
      return own === "default" && !isDefault ? [[name]] : [];
    }
  }
}
