/** What calls give: known functions are entered, built-ins computed, constructions become instances. */
import type * as t from "@babel/types";
import { isMember, type CallNode, type Node } from "../modules/syntax.ts";
import { argumentValues } from "./arguments.ts";
import { asyncRunAt } from "./async-runners.ts";
import { builtinCallOf } from "./builtin-call.ts";
import { builtinCall, builtinMethod, builtinNew } from "./builtins.ts";
import { clientCall } from "./clients.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Entered, Frame } from "./frame.ts";
import { refValues, stateValues } from "./held-values.ts";
import { staticKey } from "./keys.ts";
import { mergesArguments, omitsNames } from "./lowered.ts";
import { elementValues } from "./names.ts";
import { contextValues, createdContext } from "./page-contexts.ts";
import { constructorOf } from "./class-members.ts";
import { superCall } from "./super-calls.ts";
import {
  plainText,
  undefinedValue,
  union,
  unknownSet,
  type ClassValue,
  type FunctionValue,
  type Value,
  type Values,
} from "./values.ts";
import { wrappedCall } from "./wrapped.ts";

/** Members of React and the like that give back what they were given, or nearly so. */
const passThrough = new Set(["useCallback", "memo", "forwardRef", "freeze", "useEvent"]);

function enteredBy(
  node: t.CallExpression | t.OptionalCallExpression | t.NewExpression,
  frame: Frame,
): Entered {
  return { args: node.arguments, caller: frame };
}

/** What a call can give. */
export function callValues(
  evaluation: Evaluation,
  node: t.CallExpression | t.OptionalCallExpression,
  frame: Frame,
): Values {
  const { callee } = node;
  if (callee.type === "Import") return importedNamespace(evaluation, node);
  // The inherited constructor gives the object that is being made.
  if (superCall(evaluation, node) !== undefined) {
    return evaluation.evaluate(node.arguments[0] as Node, frame);
  }
  const entered = enteredBy(node, frame);
  const adapted = wrappedCall(evaluation, node, entered) ?? runValues(evaluation, node, frame);
  if (adapted !== undefined) return adapted;
  const last = callee.type === "SequenceExpression" ? callee.expressions.at(-1) : callee;
  if (isMember(last)) {
    const known = methodValues(evaluation, last, { node, frame, entered });
    if (known !== undefined) return known;
  }
  const callees = evaluation.evaluate(callee, frame);
  return union(...callees.map((value) => calledValues(evaluation, value, { node, entered })));
}

/** What a lowered async function promises. */
function runValues(
  evaluation: Evaluation,
  node: t.CallExpression | t.OptionalCallExpression,
  frame: Frame,
): Values | undefined {
  const run = asyncRunAt(evaluation, node);
  const generator = node.arguments.at(-1);
  if (run === undefined || generator === undefined) return undefined;
  const [self] = evaluation.evaluate(run.self, frame);
  const [fn] = evaluation.evaluate(generator, frame);
  if (fn?.kind !== "function") return undefined;
  const entered = { args: run.args, caller: frame };
  return evaluation.returned(self === undefined ? fn : { ...fn, self }, entered, node);
}

function methodValues(
  evaluation: Evaluation,
  callee: Extract<Node, { type: "MemberExpression" | "OptionalMemberExpression" }>,
  call: { node: CallNode; frame: Frame; entered: Entered },
): Values | undefined {
  const name = staticKey(evaluation, callee, call.frame);
  if (name === undefined) return undefined;
  const selves = evaluation.evaluate(callee.object, call.frame);
  if (name === "then") return thenValues(evaluation, selves, call);
  const [first] = call.entered.args;
  if (name === "createContext") return [createdContext(call.node)];
  if (name === "useContext" && first) {
    const held = heldValues(evaluation, first, call.frame);
    if (held !== undefined) return held;
  }
  if (name === "useRef") return refValues(evaluation, first, call);
  if (name === "useState") {
    const kept = stateValues(evaluation, first, call);
    if (kept !== undefined) return kept;
  }
  const sets = selves.map((self) => {
    if (self.kind === "function" && (name === "call" || name === "apply")) {
      return appliedValues(evaluation, self, { ...call, name });
    }
    const result = builtinMethod(
      evaluation,
      { self, name },
      builtinCallOf(evaluation, call.entered, call.node),
    );
    if (result !== undefined) return result;
    if (passThrough.has(name) && first) return evaluation.evaluate(first, call.frame);
    if (name === "useMemo" && first) return madeValues(evaluation, first, call);
    return undefined;
  });
  return sets.some((set) => set === undefined) ? undefined : union(...(sets as Values[]));
}

/** `useContext(C)`. */
function heldValues(evaluation: Evaluation, context: Node, frame: Frame): Values | undefined {
  const values = evaluation.evaluate(context, frame);
  const [only] = values;
  return only?.kind === "context" && values.length === 1
    ? contextValues(evaluation, only, frame)
    : undefined;
}

/** `useMemo(f)`: what the function gives. */
function madeValues(
  evaluation: Evaluation,
  maker: Node,
  call: { node: CallNode; frame: Frame },
): Values {
  const makers = evaluation.evaluate(maker, call.frame);
  return union(
    ...makers.map((value) =>
      value.kind === "function"
        ? evaluation.returned(value, { args: [], caller: call.frame }, call.node)
        : unknownSet,
    ),
  );
}

/** `promise.then(f)`: promises are transparent, so f is entered with what was promised. */
function thenValues(
  evaluation: Evaluation,
  selves: Values,
  call: { node: CallNode; frame: Frame; entered: Entered },
): Values {
  const [callback] = call.entered.args;
  if (!callback) return unknownSet;
  const callbacks = evaluation.evaluate(callback, call.frame);
  return union(
    ...callbacks.map((value) =>
      value.kind === "function"
        ? evaluation.returned(value, { args: [], caller: call.frame, values: [selves] }, call.node)
        : unknownSet,
    ),
  );
}

/** What a helper like `_objectSpread` gives: its arguments, the later ones over the earlier. */
function merged(entered: Entered): Values {
  const entries = entered.args.map((node) => ({
    key: undefined,
    spread: true,
    node: node?.type === "SpreadElement" ? null : node,
    frame: entered.caller,
    optional: false,
  }));
  return [{ kind: "object", entries }];
}

/** What a helper for `{a, ...rest} = object` gives. */
function without(evaluation: Evaluation, entered: Entered): Values {
  const base = { node: null, frame: entered.caller, optional: false };
  const [names] = argumentValues(evaluation, entered, 1);
  const omitted =
    names?.kind === "array" ? elementValues(evaluation, [names]).map(plainText) : [undefined];
  const entries = omitted.map((key) => ({
    ...base,
    key,
    spread: false,
    values: key === undefined ? unknownSet : [undefinedValue],
  }));
  const source = { ...base, key: undefined, spread: true };
  return [
    {
      kind: "object",
      entries: [{ ...source, values: argumentValues(evaluation, entered, 0) }, ...entries],
    },
  ];
}

function appliedValues(
  evaluation: Evaluation,
  fn: FunctionValue,
  call: { node: CallNode; frame: Frame; entered: Entered; name: string },
): Values {
  const [, ...rest] = call.entered.args;
  if (call.name === "call") {
    return evaluation.returned(fn, { args: rest, caller: call.frame }, call.node);
  }
  const list = rest[0] ? evaluation.evaluate(rest[0], call.frame) : [];
  const [array] = list;
  if (array?.kind !== "array" || list.length > 1) return unknownSet;
  const values = array.elements.map(
    (entry) =>
      entry.values ?? (entry.node ? evaluation.evaluate(entry.node, entry.frame) : unknownSet),
  );
  return evaluation.returned(fn, { args: [], caller: call.frame, values }, call.node);
}

function calledValues(
  evaluation: Evaluation,
  callee: Value,
  call: { node: CallNode; entered: Entered },
): Values {
  if (callee.kind === "function") {
    if (mergesArguments(evaluation, callee.node)) return merged(call.entered);
    if (omitsNames(evaluation, callee.node)) return without(evaluation, call.entered);
    return evaluation.returned(callee, call.entered, call.node);
  }
  if (callee.kind === "getter") return callee.values;
  if (callee.kind === "param") return [{ ...callee, called: true }];
  if (callee.kind === "client") return clientCall(evaluation, callee, call);
  if (callee.kind === "global") {
    const given = builtinCallOf(evaluation, call.entered, call.node);
    return builtinCall(evaluation, callee.path, given) ?? unknownSet;
  }
  return unknownSet;
}

/** What `new` can give. */
export function newValues(evaluation: Evaluation, node: t.NewExpression, frame: Frame): Values {
  const entered = enteredBy(node, frame);
  const callees = evaluation.evaluate(node.callee, frame);
  return union(
    ...callees.map((callee): Values => {
      if (callee.kind === "class") return [instanceOf(evaluation, callee, { node, entered })];
      if (callee.kind === "function" && callee.node.type !== "ArrowFunctionExpression") {
        return [{ kind: "made", of: callee, made: evaluation.frameOf(callee, entered, node) }];
      }
      if (callee.kind === "global") {
        const given = builtinCallOf(evaluation, entered, node);
        return builtinNew(evaluation, callee.path, given) ?? unknownSet;
      }
      if (callee.kind === "param") return [{ ...callee, called: true }];
      return unknownSet;
    }),
  );
}

function instanceOf(
  evaluation: Evaluation,
  of: ClassValue,
  call: { node: CallNode; entered: Entered },
): Value {
  let owner: ClassValue | undefined = of;
  for (let depth = 0; owner !== undefined && depth < 8; depth += 1) {
    const target = constructorOf(owner.node);
    if (target !== undefined) {
      const fn: FunctionValue = { kind: "function", node: target, env: owner.env };
      return { kind: "instance", of, made: evaluation.frameOf(fn, call.entered, call.node) };
    }
    const parents: Values = owner.node.superClass
      ? evaluation.evaluate(owner.node.superClass, owner.env)
      : [];
    owner = parents.find((parent) => parent.kind === "class");
  }
  return { kind: "instance", of, made: undefined };
}

/** `import("./x.js")`: promises are transparent. */
export function importedNamespace(evaluation: Evaluation, node: Node): Values {
  const unit = evaluation.program.unitOf(node);
  const loaded = evaluation.program.modules.loadedBy(unit, node);
  return loaded === undefined ? unknownSet : [{ kind: "namespace", unit: loaded }];
}
