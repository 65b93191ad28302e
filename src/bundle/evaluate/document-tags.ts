/**
 * GraphQL documents in tagged templates, whatever the tag is called: all tags put the pieces of the document together, with
 * the fragments that stand between them.
 */
import type * as t from "@babel/types";
import { documentText } from "../../statements/graphql/document.ts";
import type { Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Frame } from "./frame.ts";
import { staticData } from "./static-data.ts";
import { joinTexts } from "./texts.ts";
import { plainText, textValue, unknownSet, type Value, type Values } from "./values.ts";

/** How a document begins, after comments: a word of the language and a name or what it takes. */
const documentStart =
  /^(?:\s|#[^\n]*\n)*(?:\{\s*\w|(?:query|mutation|subscription)\b\s*[\w({@]|fragment\s+\w+\s+on\s)/;

/** Whether a text begins like a GraphQL document. */
export function looksLikeDocument(text: string): boolean {
  return documentStart.test(text);
}

/** A value as the text of the document that it is: texts as they are, syntax trees printed. */
export function asDocument(evaluation: Evaluation, value: Value): Value {
  if (value.kind !== "object") return value;
  const tree = staticData(evaluation, value);
  if (tree === undefined || typeof tree !== "object" || tree === null) return value;
  const text = !Array.isArray(tree) && tree["kind"] === "Document" ? documentText(tree) : undefined;
  return text === undefined ? value : textValue(text);
}

/** A fragment that is interpolated twice, or not at all (`cond && FRAGMENT`), leaves the document what it is. */
function fragmentValues(evaluation: Evaluation, node: Node, frame: Frame): Values {
  return evaluation.evaluate(node, frame).map((value) => asDocument(evaluation, value));
}

/** The texts that a tagged template can be, if it is a document; else nothing is known of it. */
export function taggedDocument(evaluation: Evaluation, node: Node, frame: Frame): Values {
  const { quasis, expressions } = (node as t.TaggedTemplateExpression).quasi;
  const first = quasis[0]?.value.cooked ?? "";
  const only = quasis.length > 1 && first.trim() === "" ? undefined : first;
  if (only !== undefined && !looksLikeDocument(only)) return unknownSet;
  const sets: { values: Values; node?: Node }[] = [];
  for (const [at, quasi] of quasis.entries()) {
    const text = quasi.value.cooked ?? "";
    if (text !== "") sets.push({ values: [textValue(text)] });
    const expression = expressions[at] as Node | undefined;
    if (expression === undefined) continue;
    sets.push({ values: fragmentValues(evaluation, expression, frame), node: expression });
  }
  const texts = joinTexts(sets);
  return texts.some((text) => looksLikeDocument(plainText(text) ?? first)) ? texts : unknownSet;
}
