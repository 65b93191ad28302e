/** Finds `@libsql/client` for pages in a bundle, by the texts of its errors and the shape of the functions around them. */
import { callersOf } from "../../evaluate/callers.ts";
import { returnsOf } from "../../evaluate/bodies.ts";
import {
  isCall,
  isClass,
  type ClassNode,
  type FunctionNode,
  type Node,
} from "../../modules/syntax.ts";
import type { Unit } from "../../modules/unit.ts";
import { globalReferences } from "../global-references.ts";
import type { RecognizerContext } from "../recognizer.ts";

/** In the functions that make a client of an address that was taken apart. */
const factoryTexts = [
  "The client that uses Web standard APIs supports only ",
  'The HTTP client supports only "libsql:"',
  'The WebSocket client supports only "libsql:"',
];
/** In the functions and classes below them that reach the network. */
const functionTexts = ["WebSockets are not supported in this environment", ".versionPath,"];
const classTexts = ["Client was manually closed", "Stream was gracefully closed"];

const reason = "it is part of the database driver, whose clients are cut at their construction";

function placesOf(unit: Unit, text: string): Node[] {
  const { code } = unit.script;
  const nodes: Node[] = [];
  for (let at = code.indexOf(text); at >= 0; at = code.indexOf(text, at + 1)) {
    nodes.push(unit.nodeAt(at + (text.startsWith(".") ? 1 : 0)));
  }
  return nodes;
}

function around<T extends Node>(
  context: RecognizerContext,
  texts: readonly string[],
  find: (unit: Unit, node: Node) => T | undefined,
): Set<T> {
  const found = new Set<T>();
  for (const unit of context.program.units) {
    for (const text of texts) {
      for (const node of placesOf(unit, text)) {
        const owner = find(unit, node);
        if (owner !== undefined) found.add(owner);
      }
    }
  }
  return found;
}

/** `config => make(expand(config, true))`: what is exported hands an expanded parameter on and does nothing else. */
function isWrapper(context: RecognizerContext, fn: FunctionNode, call: Node): boolean {
  const returned = returnsOf(fn);
  const [expanded] = isCall(call) ? call.arguments : [];
  if (returned.length !== 1 || returned[0] !== call || expanded === undefined) return false;
  const [given] = isCall(expanded) ? expanded.arguments : [];
  const declared =
    given?.type === "Identifier" ? context.program.bindingOf(given)?.declarations : undefined;
  return declared?.length === 1 && declared[0] === fn;
}

export interface LibsqlDriver {
  /** Where the app makes a client. */
  readonly constructions: readonly Extract<Node, { type: "CallExpression" }>[];
}

function constructionsOf(
  context: RecognizerContext,
  makers: ReadonlySet<FunctionNode>,
): { readonly calls: Set<Node>; readonly wrappers: Set<FunctionNode> } {
  const calls = new Set<Node>();
  const wrappers = new Set<FunctionNode>();
  const waiting = [...makers];
  for (let fn = waiting.pop(); fn !== undefined; fn = waiting.pop()) {
    context.evaluator.budget = 200_000;
    for (const { call } of callersOf(context.evaluator, fn).callers) {
      const outer = context.program.unitOf(call).functionOf(call);
      if (outer !== undefined && makers.has(outer)) continue;
      if (outer === undefined || !isWrapper(context, outer, call)) calls.add(call);
      else if (!wrappers.has(outer)) {
        wrappers.add(outer);
        waiting.push(outer);
      }
    }
  }
  return { calls, wrappers };
}

/** `const ownFetch = fetch`, where only the driver reads it. */
function excludeHolders(context: RecognizerContext): void {
  const { program, evaluator } = context;
  const references = [
    ...globalReferences(program, evaluator, "fetch"),
    ...globalReferences(program, evaluator, "WebSocket"),
  ];
  for (const { node } of references) {
    const holder = program
      .unitOf(node)
      .ancestors(node)
      .find((one) => one.type === "VariableDeclarator" || one.type === "AssignmentExpression");
    const name = holder?.type === "VariableDeclarator" ? holder.id : holderTarget(holder);
    if (holder === undefined || name?.type !== "Identifier") continue;
    const reads = program.bindingOf(name)?.reads ?? [];
    const isOwn = reads.length > 0 && reads.every((one) => context.excluded(one) !== undefined);
    if (isOwn) context.exclude([holder], reason);
  }
}

function holderTarget(holder: Node | undefined): Node | undefined {
  return holder?.type === "AssignmentExpression" ? holder.left : undefined;
}

/** Finds the driver, makes its own code count as dead, and tells where the app makes its clients. */
export function findDriver(context: RecognizerContext): LibsqlDriver {
  const makers = around(context, factoryTexts, (unit, node) => unit.functionOf(node));
  if (makers.size === 0) return { constructions: [] };
  const { calls, wrappers } = constructionsOf(context, makers);
  const functions = around(context, functionTexts, (unit, node) => unit.functionOf(node));
  const classes = around(context, classTexts, (unit, node) =>
    unit.ancestors(node).find((one): one is ClassNode => isClass(one)),
  );
  context.exclude([...makers, ...wrappers, ...functions, ...classes], reason);
  excludeHolders(context);
  return {
    constructions: [...calls].filter((call) => call.type === "CallExpression"),
  };
}
