/** Several statements that one call sends as one transaction: `transaction([…])`, `batch([…])`. */
import { operationId, type UnnamedOperation } from "../../contract/operation-id.ts";
import { isFunction, type Node } from "../modules/syntax.ts";
import { returnsOf } from "../evaluate/bodies.ts";
import { callDrafts } from "./call-drafts.ts";
import { openSite, templateStatement, textStatements, type Call } from "./sql-calls.ts";
import type { CutDraft, FindingDraft, RecognizerContext, SiteDraft } from "./recognizer.ts";
import type { SqlClient, UnnamedSql } from "./sql-statements.ts";

/** Batches that one call may be, where some of its statements are one of several. */
const mostVariants = 16;

type UnnamedBatch = Extract<UnnamedOperation, { kind: "sql-batch" }>;

interface Parts {
  /** What each statement may be, in order. */
  readonly choices: (readonly UnnamedSql[])[];
  readonly cuts: CutDraft[];
  readonly findings: FindingDraft[];
  readonly reasons: string[];
}

/** The list that is sent: as it is written, or as the function gives it that is handed over. */
function listOf(given: Node | undefined): readonly (Node | null)[] | undefined {
  if (given?.type === "ArrayExpression") return given.elements;
  if (given === undefined || !isFunction(given)) return undefined;
  const [list, ...others] = returnsOf(given);
  return others.length === 0 && list?.type === "ArrayExpression" ? list.elements : undefined;
}

async function addElement(
  context: RecognizerContext,
  parts: Parts,
  { call, element, client }: { call: Call; element: Node; client: SqlClient },
): Promise<void> {
  if (element.type === "TaggedTemplateExpression") {
    const result = await templateStatement(context, element, client);
    if (result.operation === undefined) parts.reasons.push(result.reason);
    else parts.choices.push([result.operation]);
    return;
  }
  const inner = textOf(element);
  const made = await textStatements(context, { call, text: inner }, client);
  parts.choices.push(made.operations);
  parts.cuts.push(...made.cuts);
  parts.findings.push(...made.findings);
  parts.reasons.push(...made.reasons);
}

/** Where the text of an element stands: `sql(text, …)`, `sql.query(text, …)`, `[text, values]`, or itself. */
function textOf(element: Node): Node | undefined {
  if (element.type === "CallExpression") return element.arguments[0];
  if (element.type === "ArrayExpression") return element.elements[0] as Node | undefined;
  return element;
}

function batchOf(statements: readonly UnnamedSql[], client: SqlClient): UnnamedBatch {
  const write = statements.find(({ access }) => access === "write");
  return {
    kind: "sql-batch",
    access: write === undefined ? "read" : "write",
    why: write?.why ?? "all its statements read",
    dialect: client.dialect,
    client: client.name,
    statements: statements.map((one) => operationId(one)),
  };
}

function variants(choices: readonly (readonly UnnamedSql[])[]): readonly UnnamedSql[][] {
  let all: UnnamedSql[][] = [[]];
  for (const choice of choices) {
    all = all.flatMap((before) => choice.map((one) => [...before, one]));
    if (all.length > mostVariants) return [];
  }
  return all;
}

/** The site of a call whose first argument is the list of its statements. */
export async function batchCall(
  context: RecognizerContext,
  call: Call,
  client: SqlClient,
): Promise<SiteDraft> {
  const elements = listOf(call.arguments[0]);
  if (elements === undefined || elements.some((one) => one === null || isSpread(one))) {
    return openSite(client, call, "the list of its statements is only known at run time");
  }
  const parts: Parts = { choices: [], cuts: [], findings: [], reasons: [] };
  for (const element of elements) {
    await addElement(context, parts, { call, element: element as Node, client });
  }
  const batches = parts.reasons.length > 0 ? [] : variants(parts.choices);
  const operations = batches.map((statements) => batchOf(statements, client));
  const reason =
    parts.reasons[0] ?? (batches.length === 0 ? "it may be too many different batches" : undefined);
  const site = {
    recognizer: client.recognizer,
    at: call,
    operations: [...operations, ...parts.choices.flat()],
    calls: callDrafts(context, call, operations),
    cuts: parts.cuts,
    findings: parts.findings,
  };
  return reason === undefined
    ? { ...site, status: "resolved" }
    : { ...site, status: "open", reason };
}

const isSpread = (node: Node): boolean => node.type === "SpreadElement";
