/**
 * Transactions that an app steers itself: a client that is checked out and told BEGIN … COMMIT, or a function that a driver runs
 * inside one. All that is sent between is one call, if nothing in it depends on a result of it.
 */
import type { Node } from "../modules/syntax.ts";
import type { RecognizerContext, SiteDraft } from "./recognizer.ts";
import { batchOperations, templateParts, textParts, type Parts } from "./sql-batch.ts";
import { callDrafts } from "./call-drafts.ts";
import { openSite } from "./sql-calls.ts";
import type { SqlClient } from "./sql-statements.ts";
import type { TemplateRules } from "./sql-templates.ts";
import { readInside } from "./transaction-reads.ts";
import { Order, type Sent, type Step } from "./transaction-order.ts";

export type { Sent } from "./transaction-order.ts";

/** A transaction, and what is sent on the same client outside of it. */
export interface Transactions {
  readonly sites: readonly SiteDraft[];
  readonly outside: readonly Sent[];
}

export interface Steered {
  readonly client: SqlClient;
  readonly rules: TemplateRules;
  readonly sent: readonly Sent[];
}

interface Ordered {
  /** What one run of it sends, for each way through the code. */
  readonly runs: readonly (readonly Sent[])[];
  readonly commits: readonly Sent[];
}

const interactive = "what it sends next may depend on a result within";

/** The part of one way through the code that is between its BEGIN and its COMMIT; undefined if nothing is committed. */
function committed(steps: readonly Step[]): { run: Sent[]; commit: Sent } | undefined {
  const from = steps.findIndex((step) => step.kind === "sent" && step.sent.does === "begin");
  if (from < 0) return undefined;
  const run: Sent[] = [];
  for (const step of steps.slice(from + 1)) {
    if (step.kind !== "sent" || step.sent.does === "rollback") return undefined;
    if (step.sent.does === "commit") return { run, commit: step.sent };
    run.push(step.sent);
  }
  return undefined;
}

function orderOf(ways: readonly (readonly Step[])[]): Ordered {
  const runs = new Map<string, Sent[]>();
  const commits = new Set<Sent>();
  const numbers = new Map<Sent, number>();
  for (const way of ways) {
    const found = committed(way);
    if (found === undefined) continue;
    commits.add(found.commit);
    const key = found.run.map((one) => {
      const number = numbers.get(one) ?? numbers.size;
      numbers.set(one, number);
      return number;
    });
    runs.set(key.join(), found.run);
  }
  return { runs: [...runs.values()], commits: [...commits] };
}

interface Whole extends Steered {
  readonly at: Node;
  readonly runs: readonly (readonly Sent[])[];
  readonly commits: readonly Sent[];
}

async function sentParts(
  context: RecognizerContext,
  { node, text }: Sent,
  { client, rules }: Pick<Steered, "client" | "rules">,
): Promise<Parts> {
  return node.type === "TaggedTemplateExpression"
    ? templateParts(context, node, { client, rules })
    : textParts(context, { call: node, text }, client);
}

/** The site of a transaction whose statements are known in their order. */
async function wholeSite(
  context: RecognizerContext,
  { at, client, rules, runs, commits }: Whole,
): Promise<SiteDraft> {
  const made = new Map<Sent, Parts>();
  for (const one of new Set(runs.flat())) {
    made.set(one, await sentParts(context, one, { client, rules }));
  }
  const parts = [...made.values()];
  const batches = runs.flatMap((run) =>
    batchOperations(
      run.flatMap((one) => made.get(one)?.choices ?? []),
      client,
    ),
  );
  const read = [...made.keys()].some((one) => readInside(context, one.node, commits));
  const reason = read
    ? interactive
    : (parts.flatMap(({ reasons }) => reasons)[0] ??
      (batches.length === 0 ? "it may be too many different batches" : undefined));
  const site = {
    recognizer: client.recognizer,
    at,
    operations: [
      ...(reason === undefined ? batches : []),
      ...parts.flatMap((one) => one.choices.flat()),
    ],
    calls: callDrafts(context, at, batches),
    cuts: parts.flatMap(({ cuts }) => cuts),
    findings: parts.flatMap(({ findings }) => findings),
  };
  if (reason === undefined) return { ...site, status: "resolved" };
  const rule = read ? { rule: "interactive-transaction" as const } : {};
  return { ...site, status: "open", reason, ...rule };
}

/** The transactions of a client that is checked out, by the statements that open and end them. */
export async function steeredTransactions(
  context: RecognizerContext,
  steered: Steered,
): Promise<Transactions> {
  const { client, sent } = steered;
  const begins = sent.filter(({ does }) => does === "begin");
  const inside = new Set<Sent>();
  const sites: SiteDraft[] = [];
  for (const begin of begins) {
    const ways = new Order(context, sent).around(begin.node);
    if ("fault" in ways) {
      for (const one of sent) inside.add(one);
      sites.push(openSite(client, begin.node, ways.fault));
      continue;
    }
    const { runs, commits } = orderOf(ways.steps);
    for (const one of runs.flat()) inside.add(one);
    if (runs.every((run) => run.length === 0)) continue;
    const steps = runs.filter((run) => run.length > 0);
    sites.push(await wholeSite(context, { ...steered, at: begin.node, runs: steps, commits }));
  }
  const outside = sent.filter((one) => one.does === "send" && !inside.has(one));
  return { sites, outside };
}

/** A function that a driver runs in a transaction: all that it sends is one call. */
export async function givenTransaction(
  context: RecognizerContext,
  steered: Steered & { readonly at: Node; readonly fn: Node },
): Promise<SiteDraft | undefined> {
  const { client, at, fn, sent } = steered;
  const ways = new Order(context, sent).within(fn);
  if ("fault" in ways) return openSite(client, at, ways.fault);
  const runs = ways.steps
    .filter((steps) => steps.every((step) => step.kind === "sent" || step.kind === "return"))
    .map((steps) => steps.flatMap((step) => (step.kind === "sent" ? [step.sent] : [])))
    .filter((run) => run.length > 0);
  return runs.length === 0
    ? undefined
    : wholeSite(context, {
        ...steered,
        runs: [...new Map(runs.map((run) => [keyOf(run), run])).values()],
        commits: [],
      });
}

const keyOf = (run: readonly Sent[]): string => run.map(({ node }) => node.start).join();
