/**
 * Clients of drivers that are given texts, and hand out connections that a transaction is steered on: pools, clients and what is
 * checked out of them.
 */
import { callersOf } from "../evaluate/callers.ts";
import { FlowTracker, type Use } from "../evaluate/flow.ts";
import { plainText } from "../evaluate/values.ts";
import { isCall, isFunction, type Node } from "../modules/syntax.ts";
import { openSite, textCall, type Call } from "./sql-calls.ts";
import type { SqlClient } from "./sql-statements.ts";
import { plainRules } from "./sql-templates.ts";
import { givenTransaction, steeredTransactions, type Sent } from "./sql-transactions.ts";
import type { RecognizerContext, SiteDraft } from "./recognizer.ts";

/** What the members of a driver's clients do. */
export interface ConnectionDriver {
  /** They send their first argument. */
  readonly sends: ReadonlySet<string>;
  /** They give a connection, as a promise or to a function. */
  readonly connects: ReadonlySet<string>;
  /** They give the client itself in another form. */
  readonly same?: ReadonlySet<string>;
  /** They run a function in a transaction. */
  readonly transacts?: ReadonlySet<string>;
  /** They steer a transaction. */
  readonly steers?: ReadonlyMap<string, Sent["does"]>;
  /** They ask the database nothing. */
  readonly quiet: ReadonlySet<string>;
  /** Why they are refused. */
  readonly refused?: ReadonlyMap<string, string>;
}

type Member = Extract<Use, { kind: "member" }>;

interface Found {
  readonly sites: SiteDraft[];
  /** Calls on one connection. */
  readonly sent: Sent[];
  /** What is checked out of it. */
  readonly connections: (readonly Use[])[];
  /** Calls that run a function in a transaction. */
  readonly transactions: Call[];
}

interface Asked {
  readonly client: SqlClient;
  readonly driver: ConnectionDriver;
}

const steering: readonly (readonly [RegExp, Sent["does"]])[] = [
  [/^\s*(?:begin|start\s+transaction)\b[^;]*;?\s*$/i, "begin"],
  [/^\s*(?:commit|end)(?:\s+(?:work|transaction))?\s*;?\s*$/i, "commit"],
  [/^\s*rollback(?:\s+(?:work|transaction))?\s*;?\s*$/i, "rollback"],
];

/** What the text of a call does to a transaction. */
function doesOf(context: RecognizerContext, text: Node): Sent["does"] {
  context.evaluator.budget = 20_000;
  const [value, ...others] = context.evaluator.evaluate(text, context.evaluator.bareRoot);
  const known = value === undefined || others.length > 0 ? undefined : plainText(value);
  return steering.find(([pattern]) => pattern.test(known ?? ""))?.[1] ?? "send";
}

function usesOf(context: RecognizerContext, node: Node): readonly Use[] {
  context.evaluator.budget = 200_000;
  return new FlowTracker(context.evaluator).run(node, []).uses;
}

/** Where a connection goes: the second parameter of the function that it is given, else the value of the call. */
function checkedOut(context: RecognizerContext, call: Call): readonly Use[] {
  const callback = call.arguments.at(-1);
  if (!isFunction(callback)) return usesOf(context, call);
  const [, connection] = callback.params;
  if (connection === undefined) return [];
  context.evaluator.budget = 200_000;
  return new FlowTracker(context.evaluator).runInto(connection, []).uses;
}

/** What a called member sends, or does to a transaction. */
function sentBy(
  context: RecognizerContext,
  { call, name }: { call: Call; name: string },
  driver: ConnectionDriver,
): Sent | undefined {
  const does = driver.steers?.get(name);
  const text = call.arguments[0] as Node | undefined;
  if (does !== undefined) return { node: call, does, text: call };
  return driver.sends.has(name) && text !== undefined
    ? { node: call, does: doesOf(context, text), text }
    : undefined;
}

/** Notes a call that gives a connection, or runs a function in a transaction; false if it does neither. */
function addConnection(
  context: RecognizerContext,
  { call, name, found }: { call: Call; name: string; found: Found },
  driver: ConnectionDriver,
): boolean {
  const transacts = driver.transacts?.has(name) ?? false;
  if (transacts) found.transactions.push(call);
  else if (driver.connects.has(name)) found.connections.push(checkedOut(context, call));
  return transacts || driver.connects.has(name);
}

function memberUse(
  context: RecognizerContext,
  { use, found }: { use: Member; found: Found },
  { client, driver }: Asked,
): readonly Use[] {
  const { name = "a computed member" } = use;
  if (driver.quiet.has(name)) return [];
  const call = context.program.parentOf(use.node);
  if (!isCall(call) || call.callee !== use.node) {
    const reason = `the client is used in a way that is not known: ${name}`;
    found.sites.push(openSite(client, use.node, reason));
    return [];
  }
  const sent = sentBy(context, { call, name }, driver);
  if (sent !== undefined) found.sent.push(sent);
  else if (driver.same?.has(name)) return usesOf(context, call);
  else if (!addConnection(context, { call, name, found }, driver)) {
    const reason =
      driver.refused?.get(name) ?? `the client is used in a way that is not known: ${name}`;
    found.sites.push(openSite(client, call, reason));
  }
  return [];
}

/** `work(client)`, where `work` is what callers give: into the functions that they give. */
function handedOver(context: RecognizerContext, call: Node): readonly Use[] {
  if (!isCall(call) || call.callee.type !== "Identifier" || call.arguments.length !== 1) return [];
  const { callee } = call;
  const binding = context.program.bindingOf(callee);
  const [fn] = binding?.kind === "param" ? binding.declarations : [];
  if (!isFunction(fn)) return [];
  const index = fn.params.findIndex(
    (param) => param.type === "Identifier" && param.name === callee.name,
  );
  context.evaluator.budget = 100_000;
  const { callers, escapes } = callersOf(context.evaluator, fn);
  const given = callers.map(({ args }) => args[index]);
  if (escapes !== undefined || index < 0 || !given.every((one) => isFunction(one))) return [];
  return given.flatMap((one) => {
    const [param] = one.params;
    context.evaluator.budget = 100_000;
    return param === undefined ? [] : new FlowTracker(context.evaluator).runInto(param, []).uses;
  });
}

function otherUse(use: Use, { client }: Asked): SiteDraft | undefined {
  switch (use.kind) {
    case "test":
    case "global":
    case "member":
      return undefined;
    case "escape":
      return openSite(
        client,
        use.node,
        `the client reaches code that is not followed: ${use.reason}`,
      );
    case "pattern":
      return openSite(client, use.node, "the client is taken apart");
    default:
      return openSite(client, use.node, "the client is called by other code");
  }
}

/** Notes one use of a client; gives what else is to be looked at. */
function takeUse(
  context: RecognizerContext,
  { use, found }: { use: Use; found: Found },
  asked: Asked,
): readonly Use[] {
  if (use.kind === "member") return memberUse(context, { use, found }, asked);
  const handed = use.kind === "escape" ? handedOver(context, use.node) : [];
  const site = handed.length > 0 ? undefined : otherUse(use, asked);
  if (site !== undefined) found.sites.push(site);
  return handed;
}

/** The sites of one client, or of one connection, by what is done with it. */
async function usedSites(
  context: RecognizerContext,
  uses: readonly Use[],
  asked: Asked,
): Promise<SiteDraft[]> {
  const found: Found = { sites: [], sent: [], connections: [], transactions: [] };
  const waiting = [...uses];
  for (let use = waiting.pop(); use !== undefined; use = waiting.pop()) {
    if (context.excluded(use.node as Node) !== undefined) continue;
    waiting.push(...takeUse(context, { use, found }, asked));
  }
  const { client } = asked;
  const steered = { client, rules: plainRules, sent: found.sent };
  const { sites, outside } = await steeredTransactions(context, steered);
  const all = [...found.sites, ...sites];
  for (const { node } of outside) {
    if (isCall(node)) all.push(await textCall(context, node, client));
  }
  for (const call of found.transactions) {
    all.push(...(await transactionSites(context, call, asked)));
  }
  for (const connection of found.connections) {
    all.push(...(await usedSites(context, connection, asked)));
  }
  return all;
}

/** The sites of a client that a construction makes. A place that several reach is told once. */
export async function connectionSites(
  context: RecognizerContext,
  construction: Node,
  asked: Asked,
): Promise<SiteDraft[]> {
  const sites = await usedSites(context, usesOf(context, construction), asked);
  return [...new Map(sites.map((site) => [site.at, site])).values()];
}

/** A function that is given a client in a transaction: `transaction(async (tx) => …)`. */
async function transactionSites(
  context: RecognizerContext,
  call: Call,
  { client, driver }: Asked,
): Promise<SiteDraft[]> {
  const fn = call.arguments[0] as Node | undefined;
  if (!isFunction(fn)) {
    return [openSite(client, call, "the function of its transaction is only known at run time")];
  }
  const [param] = fn.params;
  context.evaluator.budget = 200_000;
  const uses =
    param === undefined ? [] : new FlowTracker(context.evaluator).runInto(param, []).uses;
  const found: Found = { sites: [], sent: [], connections: [], transactions: [] };
  for (const use of uses) takeUse(context, { use, found }, { client, driver });
  if (found.sites.length > 0) return found.sites;
  const steered = { client, rules: plainRules, sent: found.sent };
  const site = await givenTransaction(context, { ...steered, at: call, fn });
  return site === undefined ? [] : [site];
}
