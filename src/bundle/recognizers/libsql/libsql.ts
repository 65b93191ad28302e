/**
 * `@libsql/client` for pages: clients are cut where they are constructed; their texts are operations at the calls that send
 * them.
 */
import { FlowTracker, type Use } from "../../evaluate/flow.ts";
import { plainText, type Entry, type Value } from "../../evaluate/values.ts";
import { isCall, type Node } from "../../modules/syntax.ts";
import { tokenDrafts, type CredentialDraft } from "../../operations/credentials.ts";
import { batchCall } from "../sql-batch.ts";
import { openSite, textCall } from "../sql-calls.ts";
import type { SqlClient } from "../sql-statements.ts";
import type { Recognizer, RecognizerContext, SiteDraft } from "../recognizer.ts";
import { findDriver, type LibsqlDriver } from "./driver.ts";

type Construction = LibsqlDriver["constructions"][number];

function memberOf(
  context: RecognizerContext,
  { call, name }: { call: Construction; name: string },
): readonly Value[] {
  const { evaluator } = context;
  // An expanded configuration, where the function that the package exports was written in place of its call.
  const [config] = call.arguments;
  const [inner] = config !== undefined && isCall(config) ? config.arguments : [config];
  if (inner === undefined) return [];
  evaluator.budget = 10_000;
  const entries = evaluator
    .evaluate(inner, evaluator.bareRoot)
    .flatMap((value): readonly Entry[] => (value.kind === "object" ? value.entries : []));
  return entries
    .filter(({ key, node }) => key === name && node !== null)
    .flatMap(({ node, frame }) => evaluator.evaluate(node as Node, frame));
}

/** The first label of the host, by which databases of one account differ. */
function databaseOf(context: RecognizerContext, call: Construction): string | undefined {
  const [url] = memberOf(context, { call, name: "url" });
  const host = /^[a-z]+:\/\/([^./:?#]+)/i.exec(
    url === undefined ? "" : (plainText(url) ?? ""),
  )?.[1];
  return host?.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

/** Why what comes back would not be what the app was written for. */
function configFault(context: RecognizerContext, call: Construction): string | undefined {
  const modes = memberOf(context, { call, name: "intMode" }).map(plainText);
  return modes.every((mode) => mode === "number")
    ? undefined
    : "its client gives integers in another form than numbers, which is not supported";
}

function tokensOf(
  context: RecognizerContext,
  call: Construction,
  client: string,
): readonly CredentialDraft[] {
  return memberOf(context, { call, name: "authToken" }).flatMap((value) => {
    const [part, ...others] = value.kind === "text" ? value.parts : [];
    return part?.kind === "text" && others.length === 0 ? tokenDrafts(part, client) : [];
  });
}

/** What asks the database nothing. */
const quiet: ReadonlySet<string | undefined> = new Set([
  "close",
  "closed",
  "protocol",
  "reconnect",
  "sync",
]);

const unsupported: ReadonlyMap<string | undefined, string> = new Map([
  ["transaction", "interactive-transaction: what it sends next may depend on a result within"],
  ["executeMultiple", "executeMultiple() sends a text of several statements"],
  ["migrate", "migrate() changes the schema"],
]);

async function memberSite(
  context: RecognizerContext,
  use: Extract<Use, { kind: "member" }>,
  client: SqlClient,
): Promise<SiteDraft | undefined> {
  if (quiet.has(use.name)) return undefined;
  const call = context.program.parentOf(use.node);
  const isCalled = isCall(call) && call.callee === use.node;
  if (use.name === "execute" && isCalled) return textCall(context, call, client);
  if (use.name === "batch" && isCalled) return batchCall(context, call, client);
  const known = unsupported.get(use.name);
  return openSite(
    client,
    known !== undefined && isCalled ? call : use.node,
    known ?? `the client is used in a way that is not known: ${use.name ?? "a computed member"}`,
  );
}

async function useSite(
  context: RecognizerContext,
  use: Use,
  client: SqlClient,
): Promise<SiteDraft | undefined> {
  if (use.kind === "test" || use.kind === "global") return undefined;
  if (use.kind === "member") return memberSite(context, use, client);
  const reason =
    use.kind === "escape"
      ? `the client reaches code that is not followed: ${use.reason}`
      : "the client is used in a way that is not known";
  return openSite(client, use.node, reason);
}

async function clientSites(
  context: RecognizerContext,
  call: Construction,
  client: SqlClient,
): Promise<SiteDraft[]> {
  const fault = configFault(context, call);
  if (fault !== undefined) return [openSite(client, call, fault)];
  context.evaluator.budget = 200_000;
  const { uses } = new FlowTracker(context.evaluator).run(call, []);
  const sites: SiteDraft[] = [];
  for (const use of uses) {
    const site = await useSite(context, use, client);
    if (site !== undefined) sites.push(site);
  }
  const operations = sites.flatMap((site) => site.operations);
  const cut = { kind: "client", driver: "libsql", client: client.name } as const;
  const tokens = tokensOf(context, call, client.name);
  const cuts = [{ at: call, cut, options: null }, ...tokens.map((token) => token.cut)];
  const findings = tokens.map((token) => token.finding).filter((one) => one !== null);
  return [
    { recognizer: "libsql", at: call, status: "resolved", operations, cuts, findings },
    ...sites,
  ];
}

async function find(context: RecognizerContext): Promise<void> {
  const { constructions } = findDriver(context);
  const databases = constructions.map((call) => databaseOf(context, call));
  const isOne = new Set(databases).size < 2;
  for (const [index, call] of constructions.entries()) {
    if (context.excluded(call) !== undefined) continue;
    const database = databases[index];
    const name = isOne || database === undefined ? "libsql" : `libsql-${database}`;
    const client: SqlClient = { recognizer: "libsql", name, dialect: "sqlite" };
    for (const site of await clientSites(context, call, client)) context.report(site);
  }
}

export const libsqlRecognizer: Recognizer = { name: "libsql", find };
