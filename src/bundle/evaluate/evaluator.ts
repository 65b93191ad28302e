/**
 * The evaluator: from an expression to the set of values it can have, on demand, across functions, chunks and callers. It runs
 * nothing, it is bounded (depth, set size, work), and what it cannot tell is `unknown`.
 */
import type * as t from "@babel/types";
import type { Program } from "../modules/program.ts";
import {
  isClass,
  literalText,
  plainKey,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import { argumentValues } from "./arguments.ts";
import { asyncRunOf, isGenerator } from "./async-runners.ts";
import { returnsOf } from "./bodies.ts";
import { rootClient } from "./clients.ts";
import { callValues, importedNamespace, newValues } from "./calls.ts";
import { decide, guardsOf, holds } from "./decisions.ts";
import { DependencyTracker, type Assumptions, type Memos } from "./dependencies.ts";
import { taggedDocument } from "./document-tags.ts";
import type { Evaluation } from "./evaluation.ts";
import { Frame, frameFor, RootFrame, type Entered } from "./frame.ts";
import { staticKey } from "./keys.ts";
import { nameValues } from "./names.ts";
import { binaryValues, logicalValues, unaryValues } from "./operators.ts";
import { propertyValues } from "./properties.ts";
import { selfValues } from "./self.ts";
import { joinTexts } from "./texts.ts";
import {
  certainly,
  literalValue,
  textValue,
  union,
  unknownSet,
  type ClientLibrary,
  type Entry,
  type FunctionValue,
  type Value,
  type Values,
} from "./values.ts";

/** Deepest chain of calls that is followed. */
const frameDepth = 12;
/** Deepest nesting of one evaluation, below what the JS stack bears. */
const nesting = 300;

/** Most calls of one place that are told apart by what they are called on. */
const frameCap = 64;

/** Expressions evaluated before what was found is dropped. */
const forgetSteps = 100_000;

/** Expressions evaluated where a glance has to do. */
const glanceBudget = 400;

type Rule = (evaluator: Evaluator, node: Node, frame: Frame) => Values;

export class Evaluator implements Evaluation {
  readonly program: Program;
  /** What the values depend on that are being found. */
  readonly tracker = new DependencyTracker();
  /** Outside every function, and assuming nothing: for values that are the same whoever calls. */
  bareRoot = new RootFrame();
  /** Outside every function, under what the question being asked assumes. */
  root = new RootFrame(this.tracker);
  /** Expressions evaluated so far, of all questions: the measure of work. */
  steps = 0;
  /** Ways in which places are reached that were asked so far, of all questions. */
  contexts = 0;
  /** Functions that make the clients of an HTTP library: what they return is not looked into. */
  readonly clientFactories = new Map<FunctionNode, ClientLibrary>();
  private left = Number.POSITIVE_INFINITY;
  private depth = 0;
  private forgotAt = 0;

  constructor(program: Program) {
    this.program = program;
  }

  /** Begins questions about a place: the expressions that may be evaluated for the first, which assumes nothing. */
  set budget(expressions: number) {
    this.tracker.turn();
    this.ask(expressions);
  }

  /**
   * Begins a question: the expressions that may be evaluated for it, and under which assumptions. What is found for one question
   * is kept for others wherever it does not hang on what they assume.
   */
  ask(budget: number, assumptions?: Assumptions, isFresh = false): void {
    this.left = budget;
    this.tracker.ask(assumptions, isFresh);
  }

  /** Drops what was found for earlier places, once it is much: it costs memory, and places have little in common. */
  forget(): void {
    if (this.steps - this.forgotAt < forgetSteps) return;
    this.forgotAt = this.steps;
    this.tracker.forget();
    this.bareRoot = new RootFrame();
    this.root = new RootFrame(this.tracker);
  }

  /** Whether the last question ran out of budget: its answer is then no proof. */
  get exhausted(): boolean {
    return this.left <= 0;
  }

  evaluate(node: Node, frame: Frame): Values {
    const known = this.tracker.recall(frame.cache, node, unknownSet);
    if (known !== undefined) return known;
    const finding = this.tracker.begin(frame.cache, node, unknownSet);
    return this.tracker.end(finding, this.find(node, frame));
  }

  glance(node: Node, frame: RootFrame): Values {
    return this.tracker.aside(frame.glances, node, unknownSet, () => {
      const { left } = this;
      this.left = Math.min(left, glanceBudget);
      const before = this.left;
      const values = this.evaluate(node, frame);
      this.left = left - (before - this.left);
      return values;
    });
  }

  private find(node: Node, frame: Frame): Values {
    if (this.isCut()) return unknownSet;
    this.left -= 1;
    this.steps += 1;
    this.depth += 1;
    const values = rules[node.type]?.(this, node, frame) ?? unknownSet;
    this.depth -= 1;
    return values.length === 0 ? unknownSet : values;
  }

  remembered<K>(memos: Memos<K, Values>, key: K, find: () => Values): Values {
    const known = this.tracker.recall(memos, key, unknownSet);
    // A value that depends on itself is unknown while it is being found.
    return known ?? this.tracker.end(this.tracker.begin(memos, key, unknownSet), find());
  }

  /** What is cut short is the answer to this question alone: another one may have the means to find out. */
  private isCut(): boolean {
    if (this.depth <= nesting && this.left > 0) return false;
    this.tracker.onQuestion();
    return true;
  }

  property(value: Value, key: string): Values {
    // An object that spreads itself has no end.
    if (this.isCut()) return unknownSet;
    this.left -= 1;
    this.steps += 1;
    this.depth += 1;
    const values = propertyValues(this, value, key);
    this.depth -= 1;
    return values;
  }

  frameOf(fn: FunctionValue, given: Entered, at: Node): Frame {
    const entered = fn.bound === undefined ? given : this.behind(fn.bound, given);
    const known = entered.caller.calls.get(at) ?? [];
    const same = known.find(
      (frame) => frame.fn === fn.node && frame.env === fn.env && isSameSelf(frame.self, fn.self),
    );
    if (same !== undefined && entered.values === undefined) return same;
    const { node, env, self } = fn;
    const frame = new Frame({ fn: node, env, root: entered.caller.root, entered, self });
    entered.caller.calls.set(at, [...known.slice(-frameCap), frame]);
    return frame;
  }

  /** The arguments of a call behind those that its function is bound to. */
  private behind(bound: readonly Values[], given: Entered): Entered {
    const own = (given.values ?? given.args).map((_one, at) => argumentValues(this, given, at));
    return { args: [], caller: given.caller, values: [...bound, ...own] };
  }

  returned(fn: FunctionValue, entered: Entered, at: CallNode): Values {
    const { node } = fn;
    const library = this.clientFactories.get(node);
    if (library !== undefined) return [rootClient(library, at)];
    if (isGenerator(node) && asyncRunOf(this, node) === undefined) return unknownSet;
    if (entered.caller.depth >= frameDepth || entered.caller.enters(node)) return unknownSet;
    const results = returnsOf(node);
    if (results.length === 0) return [literalValue(undefined)];
    if (results.length > 24) return unknownSet;
    const frame = this.frameOf(fn, entered, at);
    const sets: Values[] = [];
    for (const result of results) {
      if (!this.reachable(result, frame)) continue;
      sets.push(this.evaluate(result, frame));
      if (this.isSureExit(result, frame)) break;
    }
    return sets.length === 0 ? unknownSet : union(...sets);
  }

  /** `if (surely) return x` at the top of a function: nothing after it runs. */
  private isSureExit(result: Node, frame: Frame): boolean {
    const unit = this.program.unitOf(result);
    const statement = unit.parentOf(result);
    if (statement?.type !== "ReturnStatement") return false;
    let at = unit.parentOf(statement);
    if (at?.type === "BlockStatement") at = unit.parentOf(at);
    if (at === frame.fn) return true;
    if (at?.type !== "IfStatement") return false;
    const block = unit.parentOf(at);
    const isTop = block !== undefined && unit.parentOf(block) === frame.fn;
    return isTop && decide(this, at.test, { frame, by: at }) === true;
  }

  reachable(node: Node, frame: Frame): boolean {
    const guards = guardsOf(this.program.unitOf(node), node);
    return guards.every((guard) => holds(this, guard, { frame, by: node }) !== false);
  }
}

/** Whether two objects that a method is called on are one, or instances of one class that are made alike. */
function isSameSelf(one: Value | undefined, other: Value | undefined): boolean {
  if (one === other) return true;
  if (one?.kind !== "instance" || other?.kind !== "instance") return false;
  return one.of.node === other.of.node && one.made === other.made;
}

function entry(key: string | undefined, node: Node | null, frame: Frame): Entry {
  return { key, spread: false, node, frame, optional: false };
}

function objectValues(evaluator: Evaluator, node: Node, frame: Frame): Values {
  const { properties } = node as t.ObjectExpression;
  const entries = properties.map((property): Entry => {
    if (property.type === "SpreadElement") {
      return { ...entry(undefined, property.argument, frame), spread: true };
    }
    let key = plainKey(property.key, property.computed);
    if (key === undefined) {
      const [only, ...others] = evaluator.evaluate(property.key, frame);
      const first = only?.kind === "text" && others.length === 0 ? only.parts : [];
      if (first.every((part) => part.kind === "text") && first.length > 0) {
        key = first.map((part) => (part.kind === "text" ? part.text : "")).join("");
      }
    }
    if (property.type === "ObjectMethod" && property.kind !== "method") {
      return { ...entry(key, property, frame), optional: false };
    }
    return entry(key, property.type === "ObjectMethod" ? property : property.value, frame);
  });
  return [{ kind: "object", entries, node }];
}

function arrayValues(_evaluator: Evaluator, node: Node, frame: Frame): Values {
  const { elements } = node as t.ArrayExpression;
  return [
    {
      kind: "array",
      elements: elements.map((element) =>
        element?.type === "SpreadElement"
          ? { ...entry(undefined, element.argument, frame), spread: true }
          : entry(undefined, element, frame),
      ),
    },
  ];
}

function templateValues(evaluator: Evaluator, node: Node, frame: Frame): Values {
  const { quasis, expressions } = node as t.TemplateLiteral;
  const sets: { values: Values; node?: Node }[] = [];
  for (const [at, quasi] of quasis.entries()) {
    const text = quasi.value.cooked?.toWellFormed() ?? "";
    if (text !== "") sets.push({ values: [textValue(text, quasi)] });
    const expression = expressions[at] as Node | undefined;
    if (expression) sets.push({ values: evaluator.evaluate(expression, frame), node: expression });
  }
  return joinTexts(sets);
}

function functionValues(evaluator: Evaluator, node: Node, frame: Frame): Values {
  const fn = node as FunctionNode;
  const outer = evaluator.program.unitOf(fn).functionOf(fn);
  // The arrow of a class field keeps the instance that the field is of.
  const isField = frame.fn === null && frame.self !== undefined;
  const env = isField ? frame : frameFor(outer, frame);
  const value: FunctionValue = { kind: "function", node: fn, env };
  if (fn.type === "ObjectMethod" && fn.kind === "get") {
    return evaluator.returned(value, { args: [], caller: env }, fn as never);
  }
  return [value];
}

function classValues(evaluator: Evaluator, node: Node, frame: Frame): Values {
  if (!isClass(node)) return unknownSet;
  return [
    { kind: "class", node, env: frameFor(evaluator.program.unitOf(node).functionOf(node), frame) },
  ];
}

function memberValues(evaluator: Evaluator, node: Node, frame: Frame): Values {
  const member = node as t.MemberExpression | t.OptionalMemberExpression;
  const key = staticKey(evaluator, member, frame);
  if (member.object.type === "Super") return unknownSet;
  const objects = evaluator.evaluate(member.object, frame);
  if (key !== undefined) return union(...objects.map((value) => evaluator.property(value, key)));
  return anyMember(evaluator, objects);
}

/** `table[x]`: one of the members, where all of them are known. */
function anyMember(evaluator: Evaluator, objects: Values): Values {
  const [table, ...others] = objects;
  if (table?.kind !== "object" || others.length > 0) return unknownSet;
  const keys = table.entries.map((one) => one.key);
  if (keys.includes(undefined) || keys.length > 16) return unknownSet;
  return union(...keys.map((key) => evaluator.property(table, key as string)));
}

function conditionalValues(evaluator: Evaluator, node: Node, frame: Frame): Values {
  const { test, consequent, alternate } = node as t.ConditionalExpression;
  const known = decide(evaluator, test, { frame, by: node });
  if (known !== undefined) return evaluator.evaluate(known ? consequent : alternate, frame);
  return union(evaluator.evaluate(consequent, frame), evaluator.evaluate(alternate, frame));
}

/** `x = v`, and `x ??= v`, which is what x was or what it is set to. */
function assignedValues(evaluator: Evaluator, node: Node, frame: Frame): Values {
  const { operator, left, right } = node as t.AssignmentExpression;
  if (operator === "=") return evaluator.evaluate(right, frame);
  if (operator !== "??=" && operator !== "||=") return unknownSet;
  const before = evaluator.evaluate(left, frame).filter((value) => certainly([value]) !== false);
  return union(before, evaluator.evaluate(right, frame));
}

function metaValues(): Values {
  return [{ kind: "global", path: "import.meta" }];
}

const inner =
  (pick: (node: never) => Node | null | undefined): Rule =>
  (evaluator, node, frame) => {
    const child = pick(node as never);
    return child ? evaluator.evaluate(child, frame) : unknownSet;
  };

const rules: Readonly<Record<string, Rule | undefined>> = {
  StringLiteral: (_, node) => [textValue((node as t.StringLiteral).value.toWellFormed(), node)],
  NumericLiteral: (_, node) => [literalValue((node as t.NumericLiteral).value)],
  BooleanLiteral: (_, node) => [literalValue((node as t.BooleanLiteral).value)],
  NullLiteral: () => [literalValue(null)],
  RegExpLiteral: (_, node) => [{ kind: "pattern", source: (node as t.RegExpLiteral).pattern }],
  TaggedTemplateExpression: taggedDocument,
  TemplateLiteral: (evaluator, node, frame) => {
    const text = literalText(node);
    return text === undefined ? templateValues(evaluator, node, frame) : [textValue(text, node)];
  },
  Identifier: (evaluator, node, frame) => nameValues(evaluator, node as t.Identifier, frame),
  ThisExpression: (evaluator, node, frame) => selfValues(evaluator, node, frame),
  ObjectExpression: objectValues,
  ArrayExpression: arrayValues,
  ArrowFunctionExpression: functionValues,
  FunctionExpression: functionValues,
  FunctionDeclaration: functionValues,
  ObjectMethod: functionValues,
  ClassDeclaration: classValues,
  ClassExpression: classValues,
  MemberExpression: memberValues,
  OptionalMemberExpression: memberValues,
  MetaProperty: metaValues,
  CallExpression: (evaluator, node, frame) =>
    callValues(evaluator, node as t.CallExpression, frame),
  OptionalCallExpression: (evaluator, node, frame) =>
    callValues(evaluator, node as t.OptionalCallExpression, frame),
  ImportExpression: (evaluator, node) => importedNamespace(evaluator, node),
  NewExpression: (evaluator, node, frame) => newValues(evaluator, node as t.NewExpression, frame),
  BinaryExpression: (evaluator, node, frame) =>
    binaryValues(evaluator, node as t.BinaryExpression, frame),
  UnaryExpression: (evaluator, node, frame) =>
    unaryValues(evaluator, node as t.UnaryExpression, frame),
  UpdateExpression: () => [{ kind: "unknown", type: "number" }],
  LogicalExpression: (evaluator, node, frame) =>
    logicalValues(evaluator, node as t.LogicalExpression, frame),
  ConditionalExpression: conditionalValues,
  YieldExpression: (evaluator, node, frame) => {
    const yielded = node as t.YieldExpression;
    const fn = evaluator.program.unitOf(node).functionOf(node);
    const isAwaited = fn !== undefined && asyncRunOf(evaluator, fn) !== undefined;
    if (!isAwaited || yielded.delegate || !yielded.argument) return unknownSet;
    return evaluator.evaluate(yielded.argument, frame);
  },
  AwaitExpression: inner((node: t.AwaitExpression) => node.argument),
  SequenceExpression: inner((node: t.SequenceExpression) => node.expressions.at(-1)),
  AssignmentExpression: assignedValues,
  ParenthesizedExpression: inner((node: t.ParenthesizedExpression) => node.expression),
  SpreadElement: () => unknownSet,
};
