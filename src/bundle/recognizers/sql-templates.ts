/** Tagged templates of SQL clients: the texts that they may send, put together from the templates and helpers in their holes. */
import type * as t from "@babel/types";
import { plainText } from "../evaluate/values.ts";
import type { Binding } from "../modules/scope.ts";
import { isCall, isMember, memberName, type Node } from "../modules/syntax.ts";
import { callDrafts } from "./call-drafts.ts";
import { openSite } from "./sql-calls.ts";
import type { RecognizerContext, SiteDraft } from "./recognizer.ts";
import { knownStatement, type SqlClient, type UnnamedSql } from "./sql-statements.ts";

/** Most texts that one template may be. */
const mostVariants = 16;

/** Most names that a part of a text goes through; a name may stand in its own value. */
const deepest = 8;

/** A text under construction, with the number of values in it. */
export interface Text {
  readonly text: string;
  readonly values: number;
}

/** What an expression in a hole makes of the text before it, or why that cannot be told. */
export type Appended = readonly Text[] | { readonly reason: string };

/** How a driver reads its templates. */
export interface TemplateRules {
  /** A call in a hole that is none of a value: null where it is a value. */
  readonly helper: (context: RecognizerContext, call: Node, before: Text) => Appended | null;
}

export const isReason = (made: Appended): made is { readonly reason: string } => "reason" in made;

/** The text with a placeholder for one more value. */
export function withValue({ text, values }: Text): Text {
  return { text: `${text}$${values + 1}`, values: values + 1 };
}

/** A template's variants; the templates that stand in its holes are added to `parts`. */
export interface Expansion {
  readonly rules: TemplateRules;
  readonly parts: Set<Node>;
}

type Expanding = Expansion & { readonly depth: number };

function collect(befores: readonly Text[], append: (before: Text) => Appended): Appended {
  const all: Text[] = [];
  for (const before of befores) {
    const made = append(before);
    if (isReason(made)) return made;
    all.push(...made);
    if (all.length > mostVariants) return { reason: "it may be too many different texts" };
  }
  return all;
}

/** The texts of a template, after what stands before it. */
function expand(
  context: RecognizerContext,
  template: t.TaggedTemplateExpression,
  how: Expanding & { readonly before: Text },
): Appended {
  const { quasis, expressions } = template.quasi;
  let texts: readonly Text[] = [how.before];
  for (const [at, quasi] of quasis.entries()) {
    const known = quasi.value.cooked ?? quasi.value.raw;
    texts = texts.map(({ text, values }) => ({ text: text + known, values }));
    const hole = expressions[at] as Node | undefined;
    if (hole === undefined) continue;
    const made = collect(texts, (before) => fill(context, hole, { ...how, before }));
    if (isReason(made)) return made;
    texts = made;
  }
  return texts;
}

/** What stands in a hole: a template, one of several, a helper of the driver, or a value. */
function fill(
  context: RecognizerContext,
  hole: Node,
  how: Expanding & { readonly before: Text },
): Appended {
  const value = [withValue(how.before)];
  switch (hole.type) {
    case "TaggedTemplateExpression":
      how.parts.add(hole);
      return expand(context, hole, how);
    case "ConditionalExpression": {
      const branches = [hole.consequent, hole.alternate];
      if (!branches.some((one) => isText(context, one, how))) return value;
      return collect([how.before], (before) => {
        const made = branches.map((one) => fill(context, one, { ...how, before }));
        return made.find(isReason) ?? made.flatMap((one) => (isReason(one) ? [] : one));
      });
    }
    case "LogicalExpression":
      if (!isText(context, hole.right, how)) return value;
      addParts(hole.right, how.parts);
      return { reason: "a part of its text is a value where it is left out" };
    case "Identifier":
      return named(context, hole, how) ?? value;
    default:
      return how.rules.helper(context, hole, how.before) ?? value;
  }
}

/** Whether something in a hole is no value. */
function isText(context: RecognizerContext, hole: Node, how: Expanding): boolean {
  if (hole.type === "TaggedTemplateExpression") return true;
  if (hole.type === "ConditionalExpression") {
    return isText(context, hole.consequent, how) || isText(context, hole.alternate, how);
  }
  const before = { text: "", values: 0 };
  if (hole.type === "Identifier") return named(context, hole, { ...how, before }) !== null;
  return how.rules.helper(context, hole, before) !== null;
}

/** A template or helper that a variable holds; null where it holds a value. */
function named(
  context: RecognizerContext,
  name: t.Identifier,
  how: Expanding & { readonly before: Text },
): Appended | null {
  const binding = context.program.bindingOf(name);
  const init = initOf(binding);
  const deeper = { ...how, depth: how.depth + 1 };
  if (how.depth > deepest) return { reason: "its parts are put together in too many steps" };
  if (binding === undefined || init === undefined || !isText(context, init, deeper)) return null;
  if (binding.writes.length === 0) return fill(context, init, deeper);
  addParts(init, how.parts);
  for (const write of binding.writes) {
    if (write.type === "AssignmentExpression") addParts(write.right, how.parts);
  }
  return { reason: "a part of its text is set in several places" };
}

/** The expression that a variable is declared with. */
function initOf(binding: Binding | undefined): Node | undefined {
  const [declaration, ...others] = binding?.declarations ?? [];
  const init = declaration?.type === "VariableDeclarator" ? declaration.init : undefined;
  return others.length > 0 || init?.type === "Identifier" ? undefined : (init ?? undefined);
}

/** The templates that an expression may be. */
function addParts(node: Node, parts: Set<Node>): void {
  if (node.type === "TaggedTemplateExpression") parts.add(node);
  else if (node.type === "ConditionalExpression") {
    addParts(node.consequent, parts);
    addParts(node.alternate, parts);
  }
}

/** The statements that a template may be. */
export async function templateStatements(
  context: RecognizerContext,
  template: t.TaggedTemplateExpression,
  asked: Expansion & { readonly client: SqlClient },
): Promise<{ readonly operations: readonly UnnamedSql[]; readonly reason?: string }> {
  const texts = expand(context, template, {
    ...asked,
    before: { text: "", values: 0 },
    depth: 0,
  });
  if (isReason(texts)) return { operations: [], reason: texts.reason };
  const operations: UnnamedSql[] = [];
  for (const { text } of texts) {
    const result = await knownStatement(text, asked.client);
    if (result.operation === undefined) return { operations, reason: result.reason };
    operations.push(result.operation);
  }
  return { operations };
}

/** The sites of templates that are calls by themselves: those within others are a part of them. */
export async function templateSites(
  context: RecognizerContext,
  templates: readonly t.TaggedTemplateExpression[],
  asked: { readonly client: SqlClient; readonly rules: TemplateRules },
): Promise<SiteDraft[]> {
  const { client, rules } = asked;
  const parts = new Set<Node>();
  const made: { at: t.TaggedTemplateExpression; site: SiteDraft }[] = [];
  for (const at of templates) {
    const { operations, reason } = await templateStatements(context, at, { rules, parts, client });
    const calls = callDrafts(context, at, operations);
    const known = { recognizer: client.recognizer, at, operations, calls, cuts: [] };
    made.push({
      at,
      site:
        reason === undefined
          ? { ...known, status: "resolved" }
          : { ...known, status: "open", reason },
    });
  }
  return made.map(({ at, site }) => (parts.has(at) ? partSite(at, client) : site));
}

function partSite(at: Node, client: SqlClient): SiteDraft {
  const reason = "it is a part of the query around it";
  return { ...openSite(client, at, reason), status: "excluded" };
}

/** A text that a helper puts in as it is: `sql.unsafe("…")`. */
function rawText(context: RecognizerContext, call: Node, { text, values }: Text): Appended | null {
  if (!isCall(call) || !isMember(call.callee) || memberName(call.callee) !== "unsafe") return null;
  const [given] = call.arguments;
  if (given === undefined || call.arguments.length > 1) {
    return { reason: "unsafe() puts a text into it that nothing checks" };
  }
  context.evaluator.budget = 20_000;
  const known = context.evaluator.evaluate(given, context.evaluator.bareRoot).map(plainText);
  const texts = known.filter((one) => one !== undefined);
  return texts.length === known.length
    ? texts.map((one) => ({ text: text + one, values }))
    : { reason: "unsafe() puts a text into it that nothing checks" };
}

/** Templates hold others, and texts that are put in as they are. */
export const plainRules: TemplateRules = { helper: rawText };
