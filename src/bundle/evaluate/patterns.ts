/** Destructuring: the way from a pattern to the value of one name in it. */
import { plainKey, type Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Frame } from "./frame.ts";
import { union, unknownSet, type Value, type Values } from "./values.ts";

/** One step into a pattern: a key, the rest after known keys, or a default. */
type Step =
  | { readonly kind: "key"; readonly key: string | undefined }
  | {
      readonly kind: "rest";
      readonly without: readonly (string | undefined)[];
      readonly from: number;
    }
  | { readonly kind: "default"; readonly node: Node };

/** The steps from a pattern to a name in it, or undefined if it does not hold the name. */
export function stepsTo(pattern: Node, name: string): readonly Step[] | undefined {
  switch (pattern.type) {
    case "Identifier":
      return pattern.name === name ? [] : undefined;
    case "AssignmentPattern": {
      const inner = stepsTo(pattern.left, name);
      return inner && [{ kind: "default", node: pattern.right }, ...inner];
    }
    case "RestElement":
      return stepsTo(pattern.argument, name);
    case "ObjectPattern":
      return objectSteps(pattern.properties, name);
    case "ArrayPattern":
      return arraySteps(pattern.elements, name);
    default:
      return undefined;
  }
}

type Properties = Extract<Node, { type: "ObjectPattern" }>["properties"];

function objectSteps(properties: Properties, name: string): readonly Step[] | undefined {
  const keys = properties.map((one) =>
    one.type === "RestElement" ? undefined : plainKey(one.key, one.computed),
  );
  for (const [at, property] of properties.entries()) {
    const isRest = property.type === "RestElement";
    const inner = stepsTo(isRest ? property.argument : property.value, name);
    if (inner === undefined) continue;
    const step: Step = isRest
      ? { kind: "rest", without: keys.slice(0, at), from: 0 }
      : { kind: "key", key: keys[at] };
    return [step, ...inner];
  }
  return undefined;
}

function arraySteps(elements: readonly (Node | null)[], name: string): readonly Step[] | undefined {
  for (const [at, element] of elements.entries()) {
    if (element === null) continue;
    const inner = stepsTo(element, name);
    if (inner === undefined) continue;
    const step: Step =
      element.type === "RestElement"
        ? { kind: "rest", without: [], from: at }
        : { kind: "key", key: String(at) };
    return [step, ...inner];
  }
  return undefined;
}

function rest(value: Value, step: Extract<Step, { kind: "rest" }>): Value {
  if (value.kind === "object") {
    return {
      kind: "object",
      entries: value.entries.filter((entry) => entry.spread || !step.without.includes(entry.key)),
    };
  }
  if (value.kind === "array") return { kind: "array", elements: value.elements.slice(step.from) };
  return value;
}

function isMissing(value: Value): boolean {
  return value.kind === "literal" && value.value === undefined;
}

/** Replaces `undefined` in a set by the values of a default. */
function withDefault(values: Values, fallback: () => Values): Values {
  if (!values.some(isMissing)) return values;
  return union(
    values.filter((value) => !isMissing(value)),
    fallback(),
  );
}

/** The values of a name in a pattern that takes the given values. */
export function destructure(
  evaluation: Evaluation,
  matched: { pattern: Node; name: string; values: Values; frame: Frame },
): Values {
  const steps = stepsTo(matched.pattern, matched.name);
  if (steps === undefined) return unknownSet;
  let values = matched.values;
  for (const step of steps) {
    if (step.kind === "default") {
      values = withDefault(values, () => evaluation.evaluate(step.node, matched.frame));
    } else if (step.kind === "rest") values = values.map((value) => rest(value, step));
    else if (step.key === undefined) return unknownSet;
    else {
      const key = step.key;
      values = union(...values.map((value) => evaluation.property(value, key)));
    }
  }
  return values;
}
