/** The calls of a client: a tagged template, `query(text, values)`, and the plain call of older drivers. */
import type * as t from "@babel/types";
import { explore, type Answer } from "../../evaluate/contexts.ts";
import type { Frame } from "../../evaluate/frame.ts";
import { plainText, type ParamValue, type Value } from "../../evaluate/values.ts";
import { isMember, memberName, type Node } from "../../modules/syntax.ts";
import { callDrafts } from "../call-drafts.ts";
import type {
  CallDraft,
  CutDraft,
  FindingDraft,
  RecognizerContext,
  SiteDraft,
} from "../recognizer.ts";
import { findText, type TextPlace } from "./texts.ts";
import { interpolatedStatement, knownStatement, type UnnamedSql } from "./statements.ts";

type Call = t.CallExpression | t.OptionalCallExpression | t.NewExpression;

function openSite(at: Node, reason: string, operations: readonly UnnamedSql[] = []): SiteDraft {
  return { recognizer: "neon", at, status: "open", reason, operations, cuts: [] };
}

/** A tagged template: its holes are parameters already. */
export async function templateCall(
  context: RecognizerContext,
  call: t.TaggedTemplateExpression,
  client: string,
): Promise<SiteDraft> {
  const { quasis, expressions } = call.quasi;
  if (isPart(context, call)) {
    const reason = "it is a part of the query around it, which is open";
    return { ...openSite(call, reason), status: "excluded" };
  }
  const nested = expressions.find((one) => isQuery(context, one as Node));
  if (nested !== undefined) {
    return openSite(call, "it is put together from other queries, which is not supported yet");
  }
  const text = quasis
    .map(
      (quasi, at) =>
        `${quasi.value.cooked ?? quasi.value.raw}${at < expressions.length ? `$${at + 1}` : ""}`,
    )
    .join("");
  const result = await knownStatement(text, client);
  if (result.operation === undefined) return openSite(call, result.reason);
  return {
    recognizer: "neon",
    at: call,
    status: "resolved",
    operations: [result.operation],
    calls: callDrafts(context, call, [result.operation]),
    cuts: [],
  };
}

/** Whether a template stands in a hole of another one. */
function isPart(context: RecognizerContext, call: Node): boolean {
  let at = context.program.parentOf(call);
  while (at?.type === "ConditionalExpression" || at?.type === "LogicalExpression") {
    at = context.program.parentOf(at);
  }
  return at?.type === "TemplateLiteral";
}

/** Whether a hole of a template may be a query or a raw text itself. */
function isQuery(context: RecognizerContext, node: Node): boolean {
  switch (node.type) {
    case "TaggedTemplateExpression":
      return true;
    case "ConditionalExpression":
      return isQuery(context, node.consequent) || isQuery(context, node.alternate);
    case "LogicalExpression":
      return isQuery(context, node.right);
    case "CallExpression":
      return isMember(node.callee) && memberName(node.callee) === "unsafe";
    case "Identifier":
      return isQueryName(context, node);
    default:
      return false;
  }
}

function isQueryName(context: RecognizerContext, node: t.Identifier): boolean {
  const declaration = context.program.bindingOf(node)?.declarations[0];
  const init = declaration?.type === "VariableDeclarator" ? declaration.init : null;
  return (
    init !== null && init !== undefined && init.type !== "Identifier" && isQuery(context, init)
  );
}

interface Text {
  readonly value: Value;
  readonly place: TextPlace | undefined;
}

function ask(context: RecognizerContext, node: Node, frame: Frame): Answer<Text> {
  const results: Text[] = [];
  const hard: ParamValue[] = [];
  for (const value of context.evaluator.evaluate(node, frame)) {
    if (value.kind === "param") hard.push(value);
    else results.push({ value, place: findText(context, node, frame) });
  }
  return { results, open: [], needs: { hard, soft: [] } };
}

/** `query(text, values)` and `sql(text, values)`. */
export async function textCall(
  context: RecognizerContext,
  call: Call,
  client: string,
): Promise<SiteDraft> {
  const [text] = call.arguments as Node[];
  if (text === undefined || text.type === "SpreadElement") {
    return openSite(call, "its text is only known at run time");
  }
  const explored = explore(context.evaluator, call, (frame) => ask(context, text, frame));
  const made: Made = { operations: [], cuts: [], findings: [], reasons: [...explored.open] };
  const calls: CallDraft[] = [];
  for (const found of explored.results) {
    const before = made.operations.length;
    await addText(made, { found, client });
    const outermost = explored.calledAt.get(found) ?? call;
    calls.push(...callDrafts(context, outermost, made.operations.slice(before)));
  }
  if (explored.unreachable && made.operations.length === 0) {
    return {
      recognizer: "neon",
      at: call,
      status: "unreachable",
      reason: "nothing calls it",
      operations: [],
      cuts: [],
    };
  }
  const { operations, cuts, findings } = made;
  const [reason] = made.reasons;
  const site = { recognizer: "neon", at: call, operations, calls, cuts, findings };
  return reason === undefined
    ? { ...site, status: "resolved" }
    : { ...site, status: "open", reason };
}

interface Made {
  readonly operations: UnnamedSql[];
  readonly cuts: CutDraft[];
  readonly findings: FindingDraft[];
  readonly reasons: string[];
}

async function addText(
  made: Made,
  { found, client }: { found: Text; client: string },
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
