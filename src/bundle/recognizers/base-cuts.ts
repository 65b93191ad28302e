/**
 * Cuts of bases that only the run time knows. The expression that gives a base is replaced by an origin that stands for it, at
 * the last place where it can be nothing else: a wrapper's parameter takes other bases from other callers.
 */
import type * as t from "@babel/types";
import { callersOf } from "../evaluate/callers.ts";
import { explore } from "../evaluate/contexts.ts";
import { frameFor } from "../evaluate/frame.ts";
import { asText } from "../evaluate/texts.ts";
import type { ParamValue, Part, Value } from "../evaluate/values.ts";
import { plainKey, type Node } from "../modules/syntax.ts";
import { baseOf, unnamedBase, type BasePlace } from "../operations/base.ts";
import type { CutDraft, RecognizerContext } from "./recognizer.ts";

/** A named base, and where it is given. */
export interface UsedBase {
  readonly origin: string;
  /** Undefined: no single expression gives it. */
  readonly place: BasePlace | undefined;
}

export interface BaseCuts {
  readonly cuts: readonly CutDraft[];
  /** Why some calls keep the base that the page computes. */
  readonly open: string | undefined;
}

/** Longest way from a use outward to the expression that gives the base. */
const outwardCap = 4;

const uncut = "its base is chosen where other addresses are given too";

/** The base that a value gives as the beginning of an address; empty for one that is known. */
function nameOf(value: Value, { node, part }: BasePlace): string {
  const scheme: Part[] = part === "host" ? [{ kind: "text", text: "https://" }] : [];
  const path: Part = { kind: "text", text: "/path/of" };
  const based = baseOf([...scheme, ...asText(value, node).parts, path]);
  return "origin" in based && based.origin.startsWith("{") ? based.origin : "";
}

/** What stands at a place, one list for each way in which it is reached. */
function namesAt(context: RecognizerContext, place: BasePlace): readonly string[][] {
  const { results } = explore(context.evaluator, place.node, (frame) => {
    const values = context.evaluator.evaluate(place.node, frame);
    const names = values.filter(({ kind }) => kind !== "param").map((one) => nameOf(one, place));
    const hard = values.filter((value): value is ParamValue => value.kind === "param");
    return { results: [names], open: [], needs: { hard, soft: [] } };
  });
  return results;
}

/** The expression that a path of members leads to inside an object literal. */
function memberNode(node: Node, path: readonly string[]): Node | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return node;
  if (node.type !== "ObjectExpression") return undefined;
  const property = node.properties.find(
    (one): one is t.ObjectProperty =>
      one.type === "ObjectProperty" && plainKey(one.key, one.computed) === key,
  );
  return property && memberNode(property.value, rest);
}

/** A parameter without a name is one that is taken apart. */
function parameterIndex({ fn, binding }: ParamValue): number {
  return fn.params.findIndex((param) => {
    const target = param.type === "AssignmentPattern" ? param.left : param;
    return binding === undefined
      ? target.type === "ObjectPattern"
      : target.type === "Identifier" && target.name === binding.name;
  });
}

function isSpread({ type }: Node): boolean {
  return type === "SpreadElement";
}

/** The parts of an expression that chooses between values. */
function choicesOf(node: Node): Node[] {
  if (node.type === "ConditionalExpression") return [node.consequent, node.alternate];
  if (node.type === "LogicalExpression") return [node.left, node.right];
  return [];
}

/** The expressions that give what stands at a place: its choices, else the arguments of callers. */
function givenNodes(context: RecognizerContext, node: Node): Node[] {
  const { evaluator, program } = context;
  const choices = choicesOf(node);
  if (choices.length > 0) return choices;
  const frame = frameFor(program.unitOf(node).functionOf(node), evaluator.bareRoot);
  return evaluator.evaluate(node, frame).flatMap((value) => {
    if (value.kind !== "param") return [];
    const index = parameterIndex(value);
    return callersOf(evaluator, value.fn).callers.flatMap(({ args }) => {
      const isGiven = index >= 0 && !args.slice(0, index + 1).some(isSpread);
      const given = isGiven ? args[index] : undefined;
      const found = given && memberNode(given, value.path);
      return found === undefined ? [] : [found];
    });
  });
}

/** `url += path` adds to what the variable began with; `(kept = url) + path` begins with what is kept. */
function initOf(context: RecognizerContext, node: Node): Node {
  if (node.type === "AssignmentExpression" && node.operator === "=") {
    return initOf(context, node.right);
  }
  const parent = context.program.parentOf(node);
  if (parent?.type !== "AssignmentExpression" || parent.left !== node) return node;
  if (node.type !== "Identifier") return node;
  const binding = context.program.unitOf(node).scopeOf(node).lookup(node.name);
  const [declaration] = binding?.declarations ?? [];
  const init = declaration?.type === "VariableDeclarator" ? declaration.init : null;
  return init ?? node;
}

function isTarget(context: RecognizerContext, node: Node): boolean {
  const parent = context.program.parentOf(node);
  return parent?.type === "AssignmentExpression" && parent.left === node;
}

function draftOf(context: RecognizerContext, origin: string, place: BasePlace): CutDraft {
  const parent = context.program.parentOf(place.node);
  const isShorthand = parent?.type === "ObjectProperty" && parent.shorthand;
  const key = isShorthand ? plainKey(parent.key, false) : undefined;
  return { at: place.node, cut: { kind: "base", origin, part: place.part, key: key ?? null } };
}

function cutsAt(
  context: RecognizerContext,
  origin: string,
  place: BasePlace,
  outward = 0,
): CutDraft[] {
  const names = namesAt(context, place);
  // A base without a name where it is used may have one where it is given.
  const isIt = (name: string): boolean =>
    name === origin || (origin === unnamedBase && outward > 0 && name !== "");
  const isBase = (list: readonly string[]): boolean =>
    list.some(isIt) && list.every((name) => isIt(name) || name === "");
  if (names.length > 0 && names.every(isBase) && !isTarget(context, place.node)) {
    return [draftOf(context, origin, place)];
  }
  if (outward >= outwardCap || !names.some((list) => list.some(isIt))) return [];
  return givenNodes(context, place.node).flatMap((node) =>
    cutsAt(context, origin, { node, part: place.part }, outward + 1),
  );
}

/** The cuts of the bases that the calls of a site use. */
export function baseCuts(context: RecognizerContext, bases: readonly UsedBase[]): BaseCuts {
  const cuts: CutDraft[] = [];
  const seen = new Map<Node | undefined, Set<string>>();
  let open: string | undefined;
  for (const { origin, place } of bases) {
    const origins = seen.get(place?.node) ?? new Set();
    if (origins.has(origin)) continue;
    seen.set(place?.node, origins.add(origin));
    const found =
      place === undefined
        ? []
        : cutsAt(context, origin, { ...place, node: initOf(context, place.node) });
    cuts.push(...found);
    if (found.length === 0) open ??= uncut;
  }
  return { cuts, open };
}
