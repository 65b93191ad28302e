/** What hooks of React keep for a component: `useRef`, `useState`. */
import { isFunction, type CallNode, type Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Frame } from "./frame.ts";
import { truthiness, unknown, unknownSet, type Entry, type Value, type Values } from "./values.ts";

interface HookCall {
  readonly node: CallNode;
  readonly frame: Frame;
}

function entry(key: string | undefined, values: Values, frame: Frame): Entry {
  return { key, spread: false, node: null, frame, values, optional: false };
}

/** `useRef(x)`: an object whose member is set later, often in a place that is not seen. */
export function refValues(
  evaluation: Evaluation,
  initial: Node | null | undefined,
  { frame }: HookCall,
): Values {
  const given = initial ? evaluation.evaluate(initial, frame) : [];
  const kept = given.filter((value) => truthiness(value) !== false);
  const isSure = kept.length === given.length && kept.length > 0;
  const current = isSure && !given.some(isSwitch) ? kept : [...kept, unknown];
  return [{ kind: "object", entries: [entry("current", current, frame)] }];
}

function isSwitch(value: Value): boolean {
  return value.kind === "literal";
}

const clients = /^(?:instance|made|client)$/;

/** `useState(x)`: what it begins with, where nobody sets it or where it is a client. */
export function stateValues(
  evaluation: Evaluation,
  initial: Node | null | undefined,
  { node, frame }: HookCall,
): Values | undefined {
  if (!initial) return undefined;
  const given = evaluation
    .evaluate(initial, frame)
    .flatMap((value) =>
      value.kind === "function" && isFunction(value.node)
        ? evaluation.returned(value, { args: [], caller: frame }, node)
        : [value],
    );
  const isKept = hasNoSetter(evaluation, node) || given.every((value) => clients.test(value.kind));
  if (!isKept) return undefined;
  const elements = [entry(undefined, given, frame), entry(undefined, unknownSet, frame)];
  return [{ kind: "array", elements }];
}

/** `const [x] = useState(…)`. */
function hasNoSetter(evaluation: Evaluation, call: Node): boolean {
  const declarator = evaluation.program.parentOf(call);
  if (declarator?.type !== "VariableDeclarator" || declarator.id.type !== "ArrayPattern") {
    return false;
  }
  const [, setter] = declarator.id.elements;
  return setter === undefined || setter === null;
}
