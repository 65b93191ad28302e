/**
 * `@neondatabase/serverless`: clients are cut where they are constructed; their texts are operations at the calls that send
 * them. The driver's own sinks are dead then, and excluded.
 */
import type * as t from "@babel/types";
import { callersOf, type Caller } from "../../evaluate/callers.ts";
import { FlowTracker, type Use } from "../../evaluate/flow.ts";
import { plainText, type TextPart } from "../../evaluate/values.ts";
import { isCall, type Node } from "../../modules/syntax.ts";
import { connectionDrafts } from "../../operations/credentials.ts";
import type {
  CutDraft,
  FindingDraft,
  Recognizer,
  RecognizerContext,
  SiteDraft,
} from "../recognizer.ts";
import { findDriver } from "./driver.ts";
import { batchCall } from "../sql-batch.ts";
import { openSite, templateCall, textCall } from "../sql-calls.ts";
import type { SqlClient } from "../sql-statements.ts";

const deadDriver = "it is part of the database driver, whose clients are cut at their construction";

interface Construction {
  readonly call: t.CallExpression | t.OptionalCallExpression | t.NewExpression;
  /** The connection string's literals. */
  readonly credentials: readonly TextPart[];
  readonly database: string | undefined;
}

function constructionOf(context: RecognizerContext, caller: Caller): Construction | undefined {
  const { call } = caller;
  if (!isCall(call) || context.excluded(call) !== undefined) return undefined;
  const [connection] = call.arguments;
  context.evaluator.budget = 10_000;
  const values = connection
    ? context.evaluator.evaluate(connection, context.evaluator.bareRoot)
    : [];
  const credentials: TextPart[] = [];
  let database: string | undefined;
  for (const value of values) {
    const text = plainText(value);
    if (text === undefined || value.kind !== "text") continue;
    database ??= databaseOf(text);
    for (const part of value.parts) {
      if (part.kind === "text" && /:\/\/[^:@/]*:[^@]+@/.test(part.text)) credentials.push(part);
    }
  }
  return { call, credentials, database };
}

function databaseOf(connection: string): string | undefined {
  const path = /^[a-z+]+:\/\/[^/]*\/([^?#]*)/i.exec(connection)?.[1];
  const name = path
    ?.toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return name === "" ? undefined : name;
}

/** `neon`, or `neon-<database>` where a bundle builds clients of several databases. */
function clientNames(constructions: readonly Construction[]): string[] {
  const databases = new Set(constructions.map((one) => one.database));
  return constructions.map(({ database }) =>
    databases.size < 2 || database === undefined ? "neon" : `neon-${database}`,
  );
}

const neonClient = (name: string): SqlClient => ({
  recognizer: "neon",
  name,
  dialect: "postgres",
});

/** The options argument that the shim takes over. */
function optionsOf(call: Construction["call"]): Node | null {
  const second = call.arguments[1];
  return second === undefined || second.type === "SpreadElement" ? null : second;
}

function constructionSite(
  construction: Construction,
  client: string,
  calls: readonly SiteDraft[],
): SiteDraft {
  const { call } = construction;
  const cuts: CutDraft[] = [
    { at: call, cut: { kind: "client", driver: "neon", client }, options: optionsOf(call) },
  ];
  const findings: FindingDraft[] = [];
  for (const part of construction.credentials) {
    for (const draft of connectionDrafts(part, client)) {
      cuts.push(draft.cut);
      if (draft.finding !== null) findings.push(draft.finding);
    }
  }
  const operations = calls.flatMap((site) => site.operations);
  return { recognizer: "neon", at: call, status: "resolved", operations, cuts, findings };
}

const unsupported: ReadonlyMap<string | undefined, string> = new Map([
  ["unsafe", "unsafe() sends a text that nothing checks"],
]);

async function useSite(
  context: RecognizerContext,
  use: Use,
  client: SqlClient,
): Promise<SiteDraft | undefined> {
  if (use.kind === "test" || use.kind === "global") return undefined;
  if (use.kind === "given" || use.kind === "super") {
    return openSite(client, use.node, "the client is called by other code");
  }
  if (use.kind === "escape") {
    return openSite(
      client,
      use.node,
      `the client reaches code that is not followed: ${use.reason}`,
    );
  }
  if (use.kind === "call") {
    return use.node.type === "TaggedTemplateExpression"
      ? templateCall(context, use.node, client)
      : textCall(context, use.node, client);
  }
  if (use.kind === "pattern") return openSite(client, use.node, "the client is taken apart");
  if (use.kind === "reflected")
    return openSite(client, use.node, "the client is called by reflection");
  return memberSite(context, use, client);
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
  for (const use of uses) {
    const site = await useSite(context, use, client);
    if (site !== undefined) sites.push(site);
  }
  return sites;
}

/** Constructions of Pool and Client outside the driver: they speak over a WebSocket, which no shim replaces. */
function socketClients(context: RecognizerContext, classes: readonly Node[]): void {
  const isInside = (node: Node): boolean =>
    classes.some(
      (one) =>
        context.program.unitOf(one) === context.program.unitOf(node) &&
        (one.start ?? 0) <= (node.start ?? 0) &&
        (node.end ?? 0) <= (one.end ?? 0),
    );
  for (const owner of classes) {
    for (const use of new FlowTracker(context.evaluator).run(owner, []).uses) {
      if (use.kind !== "call" || use.node.type !== "NewExpression" || isInside(use.node)) continue;
      const unit = context.program.unitOf(use.node);
      const inDriver =
        unit.functionOf(use.node) !== undefined && context.excluded(use.node) !== undefined;
      if (!inDriver) {
        context.report(
          openSite(
            neonClient("neon"),
            use.node,
            "a Pool or Client of the driver speaks over a WebSocket, which is not supported yet",
          ),
        );
      }
    }
  }
}

async function find(context: RecognizerContext): Promise<void> {
  const driver = findDriver(context.program);
  // Before anything is reported: the driver constructs clients of its own, which are dead as well.
  context.exclude([...driver.factories, ...driver.classes], deadDriver);
  const constructions: Construction[] = [];
  for (const factory of driver.factories) {
    context.evaluator.budget = 200_000;
    for (const caller of callersOf(context.evaluator, factory).callers) {
      const construction = constructionOf(context, caller);
      if (construction !== undefined) constructions.push(construction);
    }
  }
  const names = clientNames(constructions);
  for (const [at, construction] of constructions.entries()) {
    const client = names[at] ?? "neon";
    const sites = await clientSites(context, construction, neonClient(client));
    context.report(constructionSite(construction, client, sites));
    for (const site of sites) context.report(site);
  }
  socketClients(context, driver.classes);
}

export const neonRecognizer: Recognizer = { name: "neon", find };
