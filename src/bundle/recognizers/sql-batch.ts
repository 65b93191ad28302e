/** Several statements that one call sends as one transaction: `transaction([…])`, `batch([…])`. */
import { operationId, type UnnamedOperation } from "../../contract/operation-id.ts";
import type * as t from "@babel/types";
import { isFunction, type Node } from "../modules/syntax.ts";
import { returnsOf } from "../evaluate/bodies.ts";
import { callDrafts } from "./call-drafts.ts";
import { openSite, textStatements, type Call } from "./sql-calls.ts";
import { plainRules, templateStatements, type TemplateRules } from "./sql-templates.ts";
import type { CutDraft, FindingDraft, RecognizerContext, SiteDraft } from "./recognizer.ts";
import type { SqlClient, UnnamedSql } from "./sql-statements.ts";

/** Batches that one call may be, where some of its statements are one of several. */
const mostVariants = 16;

type UnnamedBatch = Extract<UnnamedOperation, { kind: "sql-batch" }>;

/** What the elements of a batch make. */
export interface Parts {
  /** What each statement may be, in order. */
  readonly choices: readonly (readonly UnnamedSql[])[];
  readonly cuts: readonly CutDraft[];
  readonly findings: readonly FindingDraft[];
  readonly reasons: readonly string[];
}

/** The list that is sent: as it is written, or as the function gives it that is handed over. */
function listOf(given: Node | undefined): readonly (Node | null)[] | undefined {
  if (given?.type === "ArrayExpression") return given.elements;
  if (given === undefined || !isFunction(given)) return undefined;
  const [list, ...others] = returnsOf(given);
  return others.length === 0 && list?.type === "ArrayExpression" ? list.elements : undefined;
}

/** What a tagged template may send. */
export async function templateParts(
  context: RecognizerContext,
  template: t.TaggedTemplateExpression,
  { client, rules }: { readonly client: SqlClient; readonly rules: TemplateRules },
): Promise<Parts> {
  const asked = { rules, parts: new Set<Node>(), client };
  const { operations, reason } = await templateStatements(context, template, asked);
  const reasons = reason === undefined ? [] : [reason];
  return { choices: [operations], cuts: [], findings: [], reasons };
}

/** What a call with a text may send. */
export async function textParts(
  context: RecognizerContext,
  asked: { readonly call: Call; readonly text: Node | undefined },
  client: SqlClient,
): Promise<Parts> {
  const { operations, cuts, findings, reasons } = await textStatements(context, asked, client);
  return { choices: [operations], cuts, findings, reasons };
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

/** The batches that statements in an order make, each one of its choices; none where they are too many. */
export function batchOperations(
  choices: readonly (readonly UnnamedSql[])[],
  client: SqlClient,
): UnnamedBatch[] {
  return variants(choices).map((statements) => batchOf(statements, client));
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
  const all: Parts[] = [];
  for (const element of elements) {
    const parts =
      element?.type === "TaggedTemplateExpression"
        ? await templateParts(context, element, { client, rules: plainRules })
        : await textParts(context, { call, text: textOf(element as Node) }, client);
    all.push(parts);
  }
  const choices = all.flatMap((one) => one.choices);
  const [known] = all.flatMap(({ reasons }) => reasons);
  const operations = known === undefined ? batchOperations(choices, client) : [];
  const reason =
    known ?? (operations.length === 0 ? "it may be too many different batches" : undefined);
  const site = {
    recognizer: client.recognizer,
    at: call,
    operations: [...operations, ...choices.flat()],
    calls: callDrafts(context, call, operations),
    cuts: all.flatMap(({ cuts }) => cuts),
    findings: all.flatMap(({ findings }) => findings),
  };
  return reason === undefined
    ? { ...site, status: "resolved" }
    : { ...site, status: "open", reason };
}

const isSpread = (node: Node): boolean => node.type === "SpreadElement";
