/**
 * mysql2: pools and connections are cut where they are made; their texts are operations at the calls that send them, those of a
 * transaction together.
 */
import { callersOf } from "../../evaluate/callers.ts";
import { isCall, type FunctionNode, type Node } from "../../modules/syntax.ts";
import { connectionSites, type ConnectionDriver } from "../connection-clients.ts";
import {
  calledIn,
  deadDriver,
  importCut,
  importedUses,
  importsOf,
  inert,
  loadsOf,
  placesOf,
} from "../driver-code.ts";
import type { CutDraft, Recognizer, RecognizerContext } from "../recognizer.ts";
import type { Call } from "../sql-calls.ts";
import { readConstruction, reportClients, type OptionFaults } from "../sql-constructions.ts";

/** In the functions that make its clients, and nowhere else. */
const makerText = "no Promise implementation available.";

const packages = /^mysql2(?:\/.*)?$/;

const quiet =
  "end release destroy on once off removeListener ping unref ref config threadId pool " +
  "connection escape escapeId unprepare";

const driver: ConnectionDriver = {
  sends: new Set(["query", "execute"]),
  connects: new Set(["getConnection"]),
  same: new Set(["promise"]),
  steers: new Map([
    ["beginTransaction", "begin"],
    ["commit", "commit"],
    ["rollback", "rollback"],
  ]),
  quiet: new Set(quiet.split(" ")),
  refused: new Map([
    ["prepare", "prepare() keeps a connection open, which is refused"],
    ["changeUser", "changeUser() asks as somebody else"],
  ]),
};

/** What its client does to texts or results that the stand-in does not. */
const optionFaults: OptionFaults = [
  ["multipleStatements", "its client sends several statements at once"],
  ["namedPlaceholders", "its client takes values by names, which is not supported"],
  ["typeCast", "its client reads values by a function of its own, which is not supported"],
  ["rowsAsArray", "its client gives rows in another form, which is not supported"],
];

interface Found {
  readonly calls: readonly Call[];
  readonly cuts: readonly CutDraft[];
}

function makers(context: RecognizerContext): FunctionNode[] {
  const found = context.program.units.flatMap((unit) =>
    placesOf(unit, makerText).flatMap((node) => unit.functionOf(node) ?? []),
  );
  return [...new Set(found)];
}

function findDriver(context: RecognizerContext): Found {
  const fns = makers(context);
  const imports = importsOf(context, packages);
  context.exclude(fns, deadDriver);
  const calls = new Set<Node>();
  for (const fn of fns) {
    context.evaluator.budget = 400_000;
    for (const { call } of callersOf(context.evaluator, fn).callers) calls.add(call);
  }
  for (const name of ["createPool", "createConnection"]) {
    const uses = imports.flatMap((one) => importedUses(context, one, name));
    for (const call of calledIn(uses)) calls.add(call);
  }
  const loads = new Set(fns.flatMap((fn) => loadsOf(context, fn)));
  return {
    calls: [...calls].filter(
      (call): call is Call => isCall(call) && context.excluded(call) === undefined,
    ),
    cuts: [...[...loads].map(inert), ...imports.map(importCut)],
  };
}

async function find(context: RecognizerContext): Promise<void> {
  const { calls, cuts } = findDriver(context);
  const made = calls.map((call) => ({ construction: readConstruction(context, call) }));
  await reportClients(context, made, {
    driver: "mysql2",
    dialect: "mysql",
    cuts,
    faults: optionFaults,
    sitesOf: ({ construction }, client) =>
      connectionSites(context, construction.call, { client, driver }),
  });
}

export const mysql2Recognizer: Recognizer = { name: "mysql2", find };
