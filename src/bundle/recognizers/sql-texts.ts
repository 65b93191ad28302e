/** The expression that puts values into a text: a template or a chain of `+`, where the text is built. */
import type * as t from "@babel/types";
import { plainText } from "../evaluate/values.ts";
import { enteredFrame, frameFor, type Frame } from "../evaluate/frame.ts";
import type { Binding } from "../modules/scope.ts";
import { isFunction, type FunctionNode, type Node } from "../modules/syntax.ts";
import type { RecognizerContext } from "./recognizer.ts";

export interface TextPlace {
  readonly node: Node;
  /** Known texts around the holes: one more than there are holes. */
  readonly texts: readonly string[];
  readonly holes: readonly Node[];
}

/** Finds where a text is built, through variables that are set once. */
export function findText(
  context: RecognizerContext,
  node: Node,
  frame: Frame,
  depth = 0,
): TextPlace | undefined {
  if (depth > 6) return undefined;
  if (node.type === "TemplateLiteral" || node.type === "BinaryExpression") {
    return placeOf(context, node, frame);
  }
  if (node.type !== "Identifier") return undefined;
  const given = givenText(context, node, frame);
  if (given !== undefined) return findText(context, given.node, given.frame, depth + 1);
  const init = onlyValue(context, node);
  if (init === undefined) return undefined;
  const unit = context.program.unitOf(init);
  return findText(context, init, frameFor(unit.functionOf(init), frame), depth + 1);
}

/** What a parameter is given by the call that the frame was entered by. */
function givenText(
  context: RecognizerContext,
  name: t.Identifier,
  frame: Frame,
): { readonly node: Node; readonly frame: Frame } | undefined {
  const fn = ownerOf(context.program.bindingOf(name));
  const entered = fn && enteredFrame(fn, frame)?.entered;
  if (fn === undefined || entered == null) return undefined;
  const index = fn.params.findIndex((one) => one.type === "Identifier" && one.name === name.name);
  const args = entered.args.slice(0, index + 1);
  const given = args.some((one) => one?.type === "SpreadElement") ? undefined : args[index];
  return given == null ? undefined : { node: given, frame: entered.caller };
}

/** The function whose parameter a name is, if nothing else is ever assigned to it. */
function ownerOf(binding: Binding | undefined): FunctionNode | undefined {
  if (binding?.kind !== "param" || binding.writes.length > 0) return undefined;
  const [fn, ...others] = binding.declarations;
  return isFunction(fn) && others.length === 0 ? fn : undefined;
}

/** The expression that a variable is set to, if it is set once. */
function onlyValue(context: RecognizerContext, name: t.Identifier): Node | undefined {
  const binding = context.program.bindingOf(name);
  const [declaration, ...others] = binding?.declarations ?? [];
  if (binding === undefined || others.length > 0 || binding.writes.length > 0) return undefined;
  if (declaration?.type !== "VariableDeclarator") return undefined;
  return declaration.id.type === "Identifier" ? (declaration.init ?? undefined) : undefined;
}

function leaves(node: Node): (Node | string)[] {
  if (node.type === "TemplateLiteral") {
    return node.quasis.flatMap((quasi, at) => {
      const expression = node.expressions[at] as Node | undefined;
      const text = quasi.value.cooked ?? quasi.value.raw;
      return expression === undefined ? [text] : [text, expression];
    });
  }
  if (node.type === "BinaryExpression" && node.operator === "+") {
    return [...leaves(node.left), ...leaves(node.right)];
  }
  return [node];
}

function placeOf(context: RecognizerContext, node: Node, frame: Frame): TextPlace | undefined {
  const texts: string[] = [""];
  const holes: Node[] = [];
  for (const leaf of leaves(node)) {
    const known = typeof leaf === "string" ? leaf : knownText(context, leaf, frame);
    if (known !== undefined) texts[texts.length - 1] += known;
    else {
      holes.push(leaf as Node);
      texts.push("");
    }
  }
  return holes.length === 0 ? undefined : { node, texts, holes };
}

function knownText(context: RecognizerContext, node: Node, frame: Frame): string | undefined {
  const [value, ...others] = context.evaluator.evaluate(node, frame);
  return value === undefined || others.length > 0 ? undefined : plainText(value);
}
