/** The calls of SQL clients that are given a text, or an object that holds one. */
import type * as t from "@babel/types";
import { explore, type Answer } from "../evaluate/contexts.ts";
import type { Frame } from "../evaluate/frame.ts";
import {
  plainText,
  type Entry,
  type ObjectValue,
  type ParamValue,
  type Value,
} from "../evaluate/values.ts";
import type { Node } from "../modules/syntax.ts";
import { callDrafts } from "./call-drafts.ts";
import type {
  CallDraft,
  CutDraft,
  FindingDraft,
  RecognizerContext,
  SiteDraft,
} from "./recognizer.ts";
import { findText, type TextPlace } from "./sql-texts.ts";
import {
  interpolatedStatement,
  knownStatement,
  type SqlClient,
  type UnnamedSql,
} from "./sql-statements.ts";

export type Call = t.CallExpression | t.OptionalCallExpression | t.NewExpression;

/** A site of a client that stays open. */
export function openSite(client: SqlClient, at: Node, reason: string): SiteDraft {
  const { recognizer } = client;
  return { recognizer, at, status: "open", reason, operations: [], cuts: [] };
}

interface Text {
  readonly value: Value;
  readonly place: TextPlace | undefined;
}

/** The texts that an expression may be: as it is, or as the `sql` or `text` of an object. */
function ask(context: RecognizerContext, node: Node, frame: Frame): Answer<Text> {
  const results: Text[] = [];
  const hard: ParamValue[] = [];
  for (const value of context.evaluator.evaluate(node, frame)) {
    const entry = value.kind === "object" ? textEntry(value) : undefined;
    if (entry?.node != null) {
      const inner = ask(context, entry.node, entry.frame);
      results.push(...inner.results);
      hard.push(...inner.needs.hard);
    } else if (value.kind === "param") hard.push(value);
    else results.push({ value, place: findText(context, node, frame) });
  }
  return { results, open: [], needs: { hard, soft: [] } };
}

function textEntry({ entries }: ObjectValue): Entry | undefined {
  return entries.findLast(({ key }) => key === "sql" || key === "text");
}

/** What a text that reaches a client makes: its statements, the cuts and findings of its values, why it stays open. */
export interface Made {
  readonly operations: UnnamedSql[];
  readonly calls: CallDraft[];
  readonly cuts: CutDraft[];
  readonly findings: FindingDraft[];
  readonly reasons: string[];
  unreachable: boolean;
}

/** The statements that an expression in a call may send: a text, or an object that holds one. */
export async function textStatements(
  context: RecognizerContext,
  { call, text }: { readonly call: Call; readonly text: Node | undefined },
  client: SqlClient,
): Promise<Made> {
  const made: Made = {
    operations: [],
    calls: [],
    cuts: [],
    findings: [],
    reasons: [],
    unreachable: false,
  };
  if (text === undefined || text.type === "SpreadElement") {
    made.reasons.push("its text is only known at run time");
    return made;
  }
  const explored = explore(context.evaluator, call, (frame) => ask(context, text, frame));
  made.reasons.push(...explored.open);
  for (const found of explored.results) {
    const before = made.operations.length;
    await addText(made, { found, client });
    const outermost = explored.calledAt.get(found) ?? call;
    made.calls.push(...callDrafts(context, outermost, made.operations.slice(before)));
  }
  made.unreachable = explored.unreachable && made.operations.length === 0;
  return made;
}

/** A call with a text: `query(text, values)`, `execute({ sql, args })`, `sql(text, values)`. */
export async function textCall(
  context: RecognizerContext,
  call: Call,
  client: SqlClient,
): Promise<SiteDraft> {
  const { recognizer } = client;
  const made = await textStatements(context, { call, text: call.arguments[0] }, client);
  if (made.unreachable) {
    const reason = "nothing calls it";
    return { recognizer, at: call, status: "unreachable", reason, operations: [], cuts: [] };
  }
  const { operations, calls, cuts, findings } = made;
  const [reason] = made.reasons;
  const site = { recognizer, at: call, operations, calls, cuts, findings };
  return reason === undefined
    ? { ...site, status: "resolved" }
    : { ...site, status: "open", reason };
}

async function addText(
  made: Made,
  { found, client }: { found: Text; client: SqlClient },
): Promise<void> {
  const known = plainText(found.value);
  if (known !== undefined) {
    const result = await knownStatement(known, client);
    if (result.operation === undefined) made.reasons.push(result.reason);
    else made.operations.push(result.operation);
    return;
  }
  const { place } = found;
  if (place === undefined) {
    made.reasons.push("its text is only known at run time");
    return;
  }
  if (made.cuts.some((cut) => cut.at === place.node)) return;
  const result = await interpolatedStatement(place.texts, client);
  const finding = {
    at: place.node,
    rule: "interpolated-sql" as const,
    message: `${place.holes.length === 1 ? "A value is" : `${place.holes.length} values are`} put into the text of a statement: whoever controls ${place.holes.length === 1 ? "it" : "them"} can change what it does.`,
    fix: "Send values as parameters: a tagged template, or $1 with a list of values.",
  };
  if (result.operation === undefined) {
    made.reasons.push(result.reason);
    made.findings.push(finding);
    return;
  }
  const { operation, order } = result;
  made.operations.push(operation);
  made.findings.push({ ...finding, operation });
  made.cuts.push({
    at: place.node,
    cut: { kind: "text" },
    holes: ordered(place.holes, order ?? []),
    operation,
  });
}

/** The holes in the order of their placeholders, as far as a placeholder was given to each. */
function ordered(holes: readonly Node[], numbers: readonly number[]): readonly Node[] {
  return holes
    .map((node, at) => ({ node, number: numbers[at] ?? at }))
    .toSorted((a, b) => a.number - b.number)
    .map(({ node }) => node);
}
