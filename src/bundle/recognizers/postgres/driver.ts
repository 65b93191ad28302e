/** Finds postgres.js in a bundle: by the object that its client is, by texts of its own functions, and by its imports. */
import { callersOf } from "../../evaluate/callers.ts";
import {
  isCall,
  isFunction,
  plainKey,
  type FunctionNode,
  type Node,
} from "../../modules/syntax.ts";
import {
  deadDriver,
  importCut,
  importedUses,
  importsOf,
  inert,
  loadsOf,
  nodeGlobals,
  placesOf,
} from "../driver-code.ts";
import type { CutDraft, RecognizerContext } from "../recognizer.ts";
import type { Call } from "../sql-calls.ts";

/** Members of the client that the driver makes, and of nothing else together. */
const clientMembers = ["largeObject", "subscribe", "CLOSE", "END", "PostgresError", "listen"];

const packages = /^postgres(?:\/.*)?$/;

export interface PostgresDriver {
  /** Where the app makes a client. */
  readonly calls: readonly Call[];
  /** What would start the driver. */
  readonly cuts: readonly CutDraft[];
}

/** The functions with an object of all these members in them. */
function makers(context: RecognizerContext): FunctionNode[] {
  const { program } = context;
  const found = new Set<FunctionNode>();
  for (const unit of program.units) {
    for (const node of placesOf(unit, "largeObject")) {
      const object = unit.ancestors(node).find(({ type }) => type === "ObjectExpression");
      const keys = object?.type === "ObjectExpression" ? keysOf(object) : [];
      const fn = object === undefined ? undefined : unit.functionOf(object);
      if (fn !== undefined && clientMembers.every((key) => keys.includes(key))) found.add(fn);
    }
  }
  return [...found];
}

function keysOf(object: Extract<Node, { type: "ObjectExpression" }>): (string | undefined)[] {
  return object.properties.map((property) =>
    property.type === "SpreadElement" ? undefined : plainKey(property.key, property.computed),
  );
}

/** `function subscribe(postgres) { postgres(…) }`: the driver hands itself to a function of its own. */
function isOwnCall(context: RecognizerContext, call: Node): boolean {
  const callee = isCall(call) ? call.callee : undefined;
  const binding = callee?.type === "Identifier" ? context.program.bindingOf(callee) : undefined;
  const [fn] = binding?.kind === "param" ? binding.declarations : [];
  if (!isFunction(fn)) return false;
  const { callers } = callersOf(context.evaluator, fn);
  return callers.length > 0 && callers.every((one) => context.excluded(one.call) !== undefined);
}

/** Finds the driver, and makes its own code count as dead. */
export function findDriver(context: RecognizerContext): PostgresDriver {
  const { program } = context;
  const fns = makers(context);
  const imports = importsOf(context, packages);
  if (fns.length > 0) context.exclude(fns, deadDriver);
  const calls = new Set<Node>();
  for (const fn of fns) {
    context.evaluator.budget = 400_000;
    for (const { call } of callersOf(context.evaluator, fn).callers) {
      if (!isOwnCall(context, call)) calls.add(call);
    }
  }
  for (const use of imports.flatMap((one) => importedUses(context, one, "default"))) {
    if (use.kind === "call") calls.add(use.node);
  }
  const loads = new Set(fns.flatMap((fn) => loadsOf(context, fn)));
  const units = [...new Set(fns.map((fn) => program.unitOf(fn)))];
  return {
    calls: [...calls].filter(
      (call): call is Call => isCall(call) && context.excluded(call) === undefined,
    ),
    cuts: [
      ...(loads.size > 0 ? [...loads].map(inert) : nodeGlobals(context, units)),
      ...imports.map(importCut),
    ],
  };
}
