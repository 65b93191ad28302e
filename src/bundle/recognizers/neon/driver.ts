/**
 * Finds the `@neondatabase/serverless` driver in a bundle: by texts that only the driver holds and by the shape of the
 * function around them. Names and connection strings say nothing.
 */
import { returnsOf } from "../../evaluate/bodies.ts";
import type { Program } from "../../modules/program.ts";
import {
  isClass,
  isFunction,
  plainKey,
  type ClassNode,
  type FunctionNode,
  type Node,
} from "../../modules/syntax.ts";
import type { Unit } from "../../modules/unit.ts";

/** Texts inside `neon()` itself, over its versions. */
const factoryTexts = [
  "Neon-Connection-String",
  "No database connection string was provided to `neon()`",
  "This function can now be called only as a tagged-template function",
];
/** Texts of the driver's WebSocket clients and their socket. */
const socketTexts = [
  "github.com/neondatabase/serverless",
  "forceDisablePgSSL = false",
  "hasFetchUnsupportedListeners",
];

export interface Driver {
  /** `neon()`. */
  readonly factories: readonly FunctionNode[];
  /** Pool, Client and the socket below them. */
  readonly classes: readonly ClassNode[];
}

function placesOf(unit: Unit, text: string): Node[] {
  const { code } = unit.script;
  const nodes: Node[] = [];
  const escaped = text.replaceAll("`", "\\`");
  for (const spelling of new Set([text, escaped])) {
    for (let at = code.indexOf(spelling); at >= 0; at = code.indexOf(spelling, at + 1)) {
      nodes.push(unit.nodeAt(at));
    }
  }
  return nodes;
}

/** A function that returns a function to which `transaction` was assigned. */
function isFactory(unit: Unit, fn: FunctionNode): boolean {
  const members = unit.index.members.get("transaction") ?? [];
  const holdsTransaction = members.some((member) => {
    const isInside = (member.start ?? 0) > (fn.start ?? 0) && (member.end ?? 0) < (fn.end ?? 0);
    const parent = isInside ? unit.parentOf(member) : undefined;
    return parent?.type === "AssignmentExpression" && parent.left === member;
  });
  if (holdsTransaction) return returnsOf(fn).length > 0;
  return returnsOf(fn).some((node) => returnsTransaction(node));
}

/** `return Object.assign(sql, { transaction })`. */
function returnsTransaction(node: Node): boolean {
  if (node.type !== "CallExpression") return false;
  return node.arguments.some(
    (argument) =>
      argument.type === "ObjectExpression" &&
      argument.properties.some(
        (property) =>
          property.type !== "SpreadElement" &&
          plainKey(property.key, property.computed) === "transaction",
      ),
  );
}

function factoryAround(unit: Unit, node: Node): FunctionNode | undefined {
  for (let fn = unit.functionOf(node); fn !== undefined; fn = unit.functionOf(fn)) {
    if (isFactory(unit, fn)) return fn;
  }
  return undefined;
}

function classAround(unit: Unit, node: Node): ClassNode | undefined {
  return unit.ancestors(node).find((one): one is ClassNode => isClass(one));
}

function isNode<N extends Node>(node: N | undefined): node is N {
  return node !== undefined;
}

/** The driver, in all scripts: a bundle may hold it twice. */
export function findDriver(program: Program): Driver {
  const factories = new Set<FunctionNode>();
  const classes = new Set<ClassNode>();
  for (const unit of program.units) {
    for (const text of factoryTexts) {
      for (const node of placesOf(unit, text)) {
        const fn = factoryAround(unit, node);
        if (isNode(fn) && isFunction(fn)) factories.add(fn);
      }
    }
    for (const text of socketTexts) {
      for (const node of placesOf(unit, text)) {
        const owner = classAround(unit, node);
        if (isNode(owner)) classes.add(owner);
      }
    }
  }
  return { factories: [...factories], classes: [...classes] };
}
