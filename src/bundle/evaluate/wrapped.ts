/** What wrapped modules export, and what the names and helpers of their runtimes give. */
import type { Binding } from "../modules/scope.ts";
import type { CallNode, Node } from "../modules/syntax.ts";
import type { Interop, WrappedModule } from "../modules/wrapped/wrapped-module.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Entered, Frame } from "./frame.ts";
import {
  literalValue,
  undefinedValue,
  union,
  unknownSet,
  type Entry,
  type ExportsValue,
  type GetterValue,
  type Value,
  type Values,
} from "./values.ts";

function evaluateAll(evaluation: Evaluation, nodes: readonly Node[]): Values {
  return union(...nodes.map((node) => evaluation.evaluate(node, evaluation.bareRoot)));
}

/** What a wrapped module exports as a whole. */
function moduleValues(evaluation: Evaluation, module: WrappedModule): Values {
  const own: Values = [{ kind: "exports", module }];
  if (module.wholes.length === 0) return own;
  const wholes = evaluateAll(evaluation, module.wholes);
  const isNamed = module.named.size > 0 && wholes.every((value) => value.kind === "unknown");
  return isNamed ? own : wholes;
}

/** A member of a wrapped module's exports. */
export function exportedMember(evaluation: Evaluation, value: ExportsValue, key: string): Values {
  const { module } = value;
  if (key === "__esModule") return [module.es ? literalValue(true) : undefinedValue];
  const nodes = module.named.get(key) ?? [];
  if (nodes.length > 0) return evaluateAll(evaluation, nodes);
  const wholes = evaluateAll(evaluation, module.wholes).filter((whole) => whole.kind !== "exports");
  return wholes.length === 0
    ? unknownSet
    : union(...wholes.map((whole) => evaluation.property(whole, key)));
}

/** The bundler's function for a default export gives it, called or by its member. */
export function getterMember(_evaluation: Evaluation, value: GetterValue, key: string): Values {
  return key === "a" ? value.values : unknownSet;
}

/** What a parameter of a module's function is; undefined for all other names. */
export function roleValues(evaluation: Evaluation, binding: Binding): Values | undefined {
  const role = evaluation.program.wrapped.roleOf(binding);
  if (role === undefined) return undefined;
  if (role.role === "exports") return [{ kind: "exports", module: role.module }];
  if (role.role === "require") return unknownSet;
  const values = moduleValues(evaluation, role.module);
  const entry = { spread: false, node: null, frame: evaluation.bareRoot, optional: false };
  return [{ kind: "object", entries: [{ ...entry, key: "exports", values }] }];
}

function isEs(value: Value): boolean {
  return value.kind === "exports" && value.module.es;
}

function defaultOf(evaluation: Evaluation, value: Value): Values {
  return isEs(value) ? evaluation.property(value, "default") : [value];
}

function interopValues(evaluation: Evaluation, kind: Interop, given: Values, frame: Frame): Values {
  const base = { node: null, frame, optional: false };
  return given.map((value): Value => {
    const values = defaultOf(evaluation, value);
    if (kind === "getter") return { kind: "getter", values };
    const entries: Entry[] = [
      { ...base, key: undefined, spread: true, values: [value] },
      { ...base, key: "default", spread: false, values },
    ];
    return { kind: "object", entries };
  });
}

/** What a call gives that loads a wrapped module or adapts its exports; undefined for all other calls. */
export function wrappedCall(
  evaluation: Evaluation,
  call: CallNode,
  entered: Entered,
): Values | undefined {
  const { wrapped } = evaluation.program;
  const module = wrapped.loadedBy(call);
  const kind = wrapped.interopOf(call);
  if (module !== undefined) {
    const values = moduleValues(evaluation, module);
    return kind === undefined ? values : interopValues(evaluation, kind, values, entered.caller);
  }
  const [first] = entered.args;
  if (kind === undefined || !first) return undefined;
  const given = evaluation.evaluate(first, entered.caller);
  if (kind !== "default") return interopValues(evaluation, kind, given, entered.caller);
  return union(...given.map((value) => defaultOf(evaluation, value)));
}
