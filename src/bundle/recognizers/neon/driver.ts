/**
 * Finds the `@neondatabase/serverless` driver in a bundle: by texts that only the driver holds and by the shape of the
 * function around them. Names and connection strings say nothing.
 */
import { returnsOf } from "../../evaluate/bodies.ts";
import { plainKey, type ClassNode, type FunctionNode, type Node } from "../../modules/syntax.ts";
import type { Unit } from "../../modules/unit.ts";
import { classesAround, placesOf } from "../driver-code.ts";
import type { RecognizerContext } from "../recognizer.ts";

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

/** The driver, in all scripts: a bundle may hold it twice. */
export function findDriver(context: RecognizerContext): Driver {
  const factories = new Set<FunctionNode>();
  for (const unit of context.program.units) {
    for (const node of factoryTexts.flatMap((text) => placesOf(unit, text))) {
      const fn = factoryAround(unit, node);
      if (fn !== undefined) factories.add(fn);
    }
  }
  return { factories: [...factories], classes: classesAround(context, socketTexts) };
}
