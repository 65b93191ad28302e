/** postgres.js: clients are cut where they are made; their templates are operations, those of a transaction together. */
import type * as t from "@babel/types";
import { FlowTracker, type Use } from "../../evaluate/flow.ts";
import { isCall, isFunction, type FunctionNode, type Node } from "../../modules/syntax.ts";
import type { Recognizer, RecognizerContext, SiteDraft } from "../recognizer.ts";
import { openSite, textCall, type Call } from "../sql-calls.ts";
import { readConstruction, reportClients, type OptionFaults } from "../sql-constructions.ts";
import type { SqlClient } from "../sql-statements.ts";
import { templateSites, templateStatements } from "../sql-templates.ts";
import { givenTransaction, type Sent } from "../sql-transactions.ts";
import { findDriver } from "./driver.ts";
import { chainFault, postgresRules } from "./templates.ts";

/** They make values of a statement, or ask the database nothing. */
const quiet: ReadonlySet<string> = new Set(
  "json array typed types end close options parameters PostgresError CLOSE END then".split(" "),
);

const refused: ReadonlyMap<string, string> = new Map([
  ["file", "file() sends a text that nothing checks"],
  ["listen", "listen() keeps a connection open, which is refused"],
  ["notify", "notify() reaches other sessions, which is refused"],
  ["subscribe", "subscribe() keeps a connection open, which is refused"],
  ["largeObject", "largeObject() keeps a connection open, which is refused"],
  ["reserve", "reserve() keeps a connection open, which is refused"],
  ["savepoint", "interactive-transaction: a part of it may be undone by itself"],
]);

const optionFaults: OptionFaults = [
  ["transform", "its client changes names or values, which is not supported"],
  ["types", "its client reads and writes values by functions of its own, which is not supported"],
];

interface Used {
  readonly templates: t.TaggedTemplateExpression[];
  readonly helpers: Set<Node>;
  readonly texts: Call[];
  readonly begins: Call[];
  readonly sites: SiteDraft[];
}

/** A call in the hole of a template is a part of it. */
function isInHole(context: RecognizerContext, call: Node): boolean {
  let at = context.program.parentOf(call);
  while (at?.type === "ConditionalExpression") at = context.program.parentOf(at);
  return at?.type === "TemplateLiteral";
}

function addMember(
  context: RecognizerContext,
  { use, used }: { use: Extract<Use, { kind: "member" }>; used: Used },
  client: SqlClient,
): void {
  const { name = "a computed member" } = use;
  if (quiet.has(name)) return;
  const parent = context.program.parentOf(use.node);
  const call = isCall(parent) && parent.callee === use.node ? parent : undefined;
  if (call !== undefined && name === "begin") used.begins.push(call);
  else if (call !== undefined && name === "unsafe") {
    if (!isInHole(context, call)) used.texts.push(call);
  } else {
    const unknown = `the client is used in a way that is not known: ${name}`;
    used.sites.push(openSite(client, call ?? use.node, refused.get(name) ?? unknown));
  }
}

/** What is done with a client, or with what stands for it in a transaction. */
function usedBy(context: RecognizerContext, uses: readonly Use[], client: SqlClient): Used {
  const used: Used = { templates: [], helpers: new Set(), texts: [], begins: [], sites: [] };
  for (const use of uses) {
    if (use.node !== undefined && context.excluded(use.node) !== undefined) continue;
    if (use.kind === "member") addMember(context, { use, used }, client);
    else if (use.kind === "call" && use.node.type === "TaggedTemplateExpression") {
      const fault = chainFault(context, use.node);
      if (fault === undefined) used.templates.push(use.node);
      else used.sites.push(openSite(client, use.node, fault));
    } else if (use.kind === "call") used.helpers.add(use.node);
    else if (use.kind === "escape") {
      const reason = `the client reaches code that is not followed: ${use.reason}`;
      used.sites.push(openSite(client, use.node, reason));
    } else if (use.kind !== "test" && use.kind !== "global") {
      used.sites.push(openSite(client, use.node, "the client is called by other code"));
    }
  }
  return used;
}

function usesInto(context: RecognizerContext, target: Node | undefined): readonly Use[] {
  if (target === undefined) return [];
  context.evaluator.budget = 200_000;
  return new FlowTracker(context.evaluator).runInto(target, []).uses;
}

/** The function that a transaction is given. */
function functionOf(context: RecognizerContext, call: Call): FunctionNode | undefined {
  const given = call.arguments.at(-1) as Node | undefined;
  if (isFunction(given)) return given;
  if (given === undefined || given.type === "SpreadElement") return undefined;
  context.evaluator.budget = 20_000;
  const [value, ...others] = context.evaluator.evaluate(given, context.evaluator.bareRoot);
  return others.length === 0 && value?.kind === "function" ? value.node : undefined;
}

async function beginSites(
  context: RecognizerContext,
  { call, helpers }: { call: Call; helpers: ReadonlySet<Node> },
  client: SqlClient,
): Promise<SiteDraft[]> {
  const fn = functionOf(context, call);
  if (fn === undefined) {
    return [openSite(client, call, "the function of its transaction is only known at run time")];
  }
  const used = usedBy(context, usesInto(context, fn.params[0]), client);
  if (used.sites.length > 0) return used.sites;
  const own = new Set([...helpers, ...used.helpers]);
  const rules = postgresRules(own);
  const parts = new Set<Node>();
  for (const one of used.templates) {
    await templateStatements(context, one, { rules, parts, client });
  }
  const sent = [
    ...used.templates
      .filter((one) => !parts.has(one))
      .map((node): Sent => ({ node, does: "send", text: node })),
    ...used.texts.map((node): Sent => ({ node, does: "send", text: node.arguments[0] as Node })),
  ];
  const site = await givenTransaction(context, { client, rules, sent, at: call, fn });
  return site === undefined ? [] : [site];
}

async function clientSites(
  context: RecognizerContext,
  call: Call,
  client: SqlClient,
): Promise<SiteDraft[]> {
  context.evaluator.budget = 400_000;
  const used = usedBy(context, new FlowTracker(context.evaluator).run(call, []).uses, client);
  const rules = postgresRules(used.helpers);
  const sites = [
    ...used.sites,
    ...(await templateSites(context, used.templates, { client, rules })),
  ];
  for (const one of used.texts) sites.push(await textCall(context, one, client));
  for (const one of used.begins) {
    sites.push(...(await beginSites(context, { call: one, helpers: used.helpers }, client)));
  }
  return sites;
}

async function find(context: RecognizerContext): Promise<void> {
  const { calls, cuts } = findDriver(context);
  const made = calls.map((call) => ({ construction: readConstruction(context, call) }));
  await reportClients(context, made, {
    driver: "postgres",
    dialect: "postgres",
    cuts,
    faults: optionFaults,
    sitesOf: ({ construction }, client) => clientSites(context, construction.call, client),
  });
}

export const postgresRecognizer: Recognizer = { name: "postgres", find };
