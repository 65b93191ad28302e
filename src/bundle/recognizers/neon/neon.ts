/**
 * `@neondatabase/serverless`: clients are cut where they are constructed; their texts are operations at the calls that send
 * them. The driver's own sinks are dead then, and excluded.
 */
import type * as t from "@babel/types";
import { callersOf } from "../../evaluate/callers.ts";
import { FlowTracker, type Use } from "../../evaluate/flow.ts";
import { isCall, type Node } from "../../modules/syntax.ts";
import { connectionSites } from "../connection-clients.ts";
import { deadDriver, importCut, importedUses, importsOf } from "../driver-code.ts";
import { pgPool } from "../pg-connections.ts";
import type { Recognizer, RecognizerContext, SiteDraft } from "../recognizer.ts";
import { batchCall } from "../sql-batch.ts";
import { openSite, textCall, type Call } from "../sql-calls.ts";
import { readConstruction, reportClients, type Construction } from "../sql-constructions.ts";
import type { SqlClient } from "../sql-statements.ts";
import { plainRules, templateSites } from "../sql-templates.ts";
import { findDriver, type Driver } from "./driver.ts";

const packages = /^@neondatabase\/serverless$/;

/** The options argument that the stand-in takes over. */
function optionsOf(call: Call): Node | null {
  const second = call.arguments[1];
  return second === undefined || second.type === "SpreadElement" ? null : second;
}

const unsupported: ReadonlyMap<string | undefined, string> = new Map([
  ["unsafe", "unsafe() sends a text that nothing checks"],
]);

async function useSite(
  context: RecognizerContext,
  use: Use,
  client: SqlClient,
): Promise<SiteDraft | undefined> {
  switch (use.kind) {
    case "test":
    case "global":
      return undefined;
    case "given":
    case "super":
      return openSite(client, use.node, "the client is called by other code");
    case "escape": {
      const reason = `the client reaches code that is not followed: ${use.reason}`;
      return openSite(client, use.node, reason);
    }
    case "call":
      return use.node.type === "TaggedTemplateExpression"
        ? undefined
        : textCall(context, use.node, client);
    case "pattern":
      return openSite(client, use.node, "the client is taken apart");
    case "reflected":
      return openSite(client, use.node, "the client is called by reflection");
    case "member":
      return memberSite(context, use, client);
  }
}

/** `sql.unsafe(…)` in a hole of a template is a part of it. */
function isInHole(context: RecognizerContext, call: Node): boolean {
  let at = context.program.parentOf(call);
  while (at?.type === "ConditionalExpression") at = context.program.parentOf(at);
  return at?.type === "TemplateLiteral";
}

async function memberSite(
  context: RecognizerContext,
  use: Extract<Use, { kind: "member" }>,
  client: SqlClient,
): Promise<SiteDraft | undefined> {
  const call = context.program.parentOf(use.node);
  const isCalled = isCall(call) && call.callee === use.node;
  if (use.name === "query" && isCalled) return textCall(context, call, client);
  if (use.name === "transaction" && isCalled) return batchCall(context, call, client);
  const reason = unsupported.get(use.name);
  if (reason !== undefined && isCalled && isInHole(context, call)) return undefined;
  if (reason !== undefined) return openSite(client, isCalled ? call : use.node, reason);
  return openSite(
    client,
    use.node,
    `the client is used in a way that is not known: ${use.name ?? "a computed member"}`,
  );
}

async function clientSites(
  context: RecognizerContext,
  construction: Construction,
  client: SqlClient,
): Promise<SiteDraft[]> {
  context.evaluator.budget = 200_000;
  const { uses } = new FlowTracker(context.evaluator).run(construction.call, []);
  const sites: SiteDraft[] = [];
  const templates: t.TaggedTemplateExpression[] = [];
  for (const use of uses) {
    if (use.kind === "call" && use.node.type === "TaggedTemplateExpression") {
      templates.push(use.node);
    }
    const site = await useSite(context, use, client);
    if (site !== undefined) sites.push(site);
  }
  const asked = { client, rules: plainRules };
  return [...sites, ...(await templateSites(context, templates, asked))];
}

/** A construction, and whether it makes the query function or a pool or client. */
interface Made {
  readonly construction: Construction;
  /** Its pools and clients are those of node-postgres. */
  readonly standIn: "neon" | "pg";
  readonly options: Node | null;
}

/** Where the app makes clients. The driver constructs some of its own, which are dead as well. */
function constructionsOf(context: RecognizerContext, driver: Driver): Made[] {
  const made = new Map<Node, Made>();
  const add = (call: Node | undefined, isQuery: boolean): void => {
    if (!isCall(call) || made.has(call) || context.excluded(call) !== undefined) return;
    const construction = readConstruction(context, call);
    made.set(
      call,
      isQuery
        ? { construction, standIn: "neon", options: optionsOf(call) }
        : { construction, standIn: "pg", options: null },
    );
  };
  const addAll = (uses: readonly Use[], isQuery: boolean): void => {
    for (const use of uses) if (use.kind === "call") add(use.node, isQuery);
  };
  for (const factory of driver.factories) {
    context.evaluator.budget = 200_000;
    for (const { call } of callersOf(context.evaluator, factory).callers) add(call, true);
  }
  for (const owner of driver.classes) {
    context.evaluator.budget = 200_000;
    const { uses } = new FlowTracker(context.evaluator).run(owner, []);
    addAll(
      uses.filter((use) => use.kind === "call" && use.node.type === "NewExpression"),
      false,
    );
  }
  for (const one of importsOf(context, packages)) {
    addAll(importedUses(context, one, "neon"), true);
    for (const name of ["Pool", "Client"]) addAll(importedUses(context, one, name), false);
  }
  return [...made.values()];
}

async function find(context: RecognizerContext): Promise<void> {
  const driver = findDriver(context);
  context.exclude([...driver.factories, ...driver.classes], deadDriver);
  await reportClients(context, constructionsOf(context, driver), {
    driver: "neon",
    dialect: "postgres",
    cuts: importsOf(context, packages).map(importCut),
    sitesOf: ({ construction, standIn }, client) =>
      standIn === "pg"
        ? connectionSites(context, construction.call, { client, driver: pgPool })
        : clientSites(context, construction, client),
  });
}

export const neonRecognizer: Recognizer = { name: "neon", find };
