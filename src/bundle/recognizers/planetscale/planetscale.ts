/** `@planetscale/database`: clients are cut where they are made; their texts are operations at the calls that send them. */
import { callersOf } from "../../evaluate/callers.ts";
import { returnsOf } from "../../evaluate/bodies.ts";
import { FlowTracker } from "../../evaluate/flow.ts";
import {
  isCall,
  isClass,
  isFunction,
  isMember,
  memberName,
  type Node,
} from "../../modules/syntax.ts";
import { connectionSites, type ConnectionDriver } from "../connection-clients.ts";
import {
  calledIn,
  classesAround,
  deadDriver,
  importCut,
  importedUses,
  importsOf,
} from "../driver-code.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";
import type { Call } from "../sql-calls.ts";
import { readConstruction, reportClients, type OptionFaults } from "../sql-constructions.ts";

/** In the class of its connections. */
const connectionTexts = ["psdb.v1alpha1.Database/Execute"];

const packages = /^@planetscale\/database$/;

const driver: ConnectionDriver = {
  sends: new Set(["execute"]),
  connects: new Set(),
  same: new Set(["connection"]),
  transacts: new Set(["transaction"]),
  quiet: new Set(["refresh"]),
};

/** What its client does to texts or results that the stand-in does not. */
const optionFaults: OptionFaults = [
  ["format", "its client writes values into texts by a function of its own"],
  ["cast", "its client reads values by a function of its own, which is not supported"],
];

/** Where a class is constructed; through `connect(config)`, and through the class whose method gives a connection. */
function constructionsOf(context: RecognizerContext, owner: Node): Node[] {
  const { program, evaluator } = context;
  const found: Node[] = [];
  evaluator.budget = 200_000;
  for (const use of new FlowTracker(evaluator).run(owner, []).uses) {
    if (use.kind !== "call") continue;
    const unit = program.unitOf(use.node);
    const fn = unit.functionOf(use.node);
    const outer = unit.ancestors(use.node).find((one) => isClass(one));
    if (outer === owner) continue;
    const isGiven = fn !== undefined && returnsOf(fn).some((one) => one === use.node);
    const isWrapper = isGiven && isFunction(fn) && takesItsOwn(fn, use.node);
    if (outer !== undefined && givesOwnConfig(use.node)) {
      context.exclude([outer], deadDriver);
      found.push(...constructionsOf(context, outer));
    } else if (isWrapper) {
      context.exclude([fn], deadDriver);
      found.push(...callersOf(evaluator, fn).callers.map(({ call }) => call));
    } else found.push(use.node);
  }
  return found;
}

/** `new Connection(this.config)`. */
function givesOwnConfig(call: Node): boolean {
  const given = isCall(call) ? call.arguments[0] : undefined;
  return (
    isMember(given) && given.object.type === "ThisExpression" && memberName(given) === "config"
  );
}

/** `config => new Connection(config)`. */
function takesItsOwn(fn: { readonly params: readonly Node[] }, call: Node): boolean {
  const [param] = fn.params;
  const given = isCall(call) ? call.arguments[0] : undefined;
  return param?.type === "Identifier" && given?.type === "Identifier" && param.name === given.name;
}

async function find(context: RecognizerContext): Promise<void> {
  const owners = classesAround(context, connectionTexts);
  const imports = importsOf(context, packages);
  context.exclude(owners, deadDriver);
  const names = ["connect", "Client", "Connection"];
  const calls = new Set([
    ...owners.flatMap((owner) => constructionsOf(context, owner)),
    ...names.flatMap((name) =>
      calledIn(imports.flatMap((one) => importedUses(context, one, name))),
    ),
  ]);
  const made = [...calls]
    .filter((call): call is Call => isCall(call) && context.excluded(call) === undefined)
    .map((call) => ({ construction: readConstruction(context, call) }));
  await reportClients(context, made, {
    driver: "planetscale",
    dialect: "mysql",
    cuts: imports.map(importCut),
    faults: optionFaults,
    sitesOf: ({ construction }, client) =>
      connectionSites(context, construction.call, { client, driver }),
  });
}

export const planetscaleRecognizer: Recognizer = { name: "planetscale", find };
