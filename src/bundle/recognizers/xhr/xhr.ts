/** XMLHttpRequest: `open(method, url)` on what a construction gives, with the headers and the body set on the same object. */
import type * as t from "@babel/types";
import { argumentValues } from "../../evaluate/arguments.ts";
import { callersOf } from "../../evaluate/callers.ts";
import type { Answer } from "../../evaluate/contexts.ts";
import { FlowTracker, type Use } from "../../evaluate/flow.ts";
import { instance } from "../../evaluate/flow-path.ts";
import { frameFor, type Frame } from "../../evaluate/frame.ts";
import { plainText, undefinedValue, type Entry, type Values } from "../../evaluate/values.ts";
import { isCall, isClass, isFunction, type Node } from "../../modules/syntax.ts";
import { readRequest, type FoundCall } from "../../operations/http-request.ts";
import { globalReferences, type GlobalReference } from "../global-references.ts";
import { excludedSite, httpSite, reachedCalls, type ReachedCall } from "../http-site.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

type Call = t.CallExpression | t.OptionalCallExpression | t.NewExpression;

/** The calls of one method among the uses of an object. */
function callsOf(context: RecognizerContext, uses: readonly Use[], name: string): Call[] {
  return uses.flatMap((use) => {
    if (use.kind !== "member" || use.name !== name) return [];
    const call = context.program.parentOf(use.node);
    return isCall(call) && call.callee === use.node ? [call] : [];
  });
}

interface Built {
  readonly opens: readonly ReachedCall[];
  readonly sends: readonly Call[];
  readonly headers: readonly Call[];
  readonly escapes: string | undefined;
}

/** The uses of what a call constructs: `super(…)` constructs the instances of the class around it. */
function instanceUses(context: RecognizerContext, call: Node): readonly Use[] {
  const tracker = new FlowTracker(context.evaluator);
  const isSuper = isCall(call) && call.callee.type === "Super";
  const owner =
    isSuper &&
    context.program
      .unitOf(call)
      .ancestors(call)
      .find((one) => isClass(one));
  return (owner ? tracker.run(owner, [instance]) : tracker.run(call, [])).uses;
}

function built(context: RecognizerContext, reference: GlobalReference): Built {
  const { calls, escapes } = reachedCalls(context, reference);
  const uses = calls.flatMap(({ call }) => instanceUses(context, call));
  const opens = callsOf(context, uses, "open").map((call) => ({
    call,
    args: call.arguments as Node[],
  }));
  const lost = uses.find((use) => use.kind === "escape");
  const unopened = opens.length === 0 && calls.length > 0 ? "its open() is not found" : undefined;
  return {
    opens,
    sends: callsOf(context, uses, "send"),
    headers: callsOf(context, uses, "setRequestHeader"),
    escapes: escapes ?? (lost?.kind === "escape" && opens.length === 0 ? lost.reason : unopened),
  };
}

function headerEntries(context: RecognizerContext, calls: readonly Call[], frame: Frame): Entry[] {
  return calls.map((call) => {
    const own = frameFor(context.program.unitOf(call).functionOf(call), frame);
    const [key, node] = call.arguments as Node[];
    const [name] = key ? context.evaluator.evaluate(key, own).map(plainText) : [];
    return { key: name, spread: false, node: node ?? null, frame: own, optional: true };
  });
}

function bodyValues(context: RecognizerContext, calls: readonly Call[], frame: Frame): Values {
  const [call] = calls;
  if (call === undefined) return [undefinedValue];
  const own = frameFor(context.program.unitOf(call).functionOf(call), frame);
  return argumentValues(context.evaluator, { args: call.arguments, caller: own }, 0);
}

function ask(
  context: RecognizerContext,
  parts: Built,
  at: { frame: Frame; args: readonly Node[] },
): Answer<FoundCall> {
  const entered = { args: at.args, caller: at.frame };
  return readRequest(context.evaluator, {
    method: argumentValues(context.evaluator, entered, 0),
    url: argumentValues(context.evaluator, entered, 1),
    headers: [{ kind: "object", entries: headerEntries(context, parts.headers, at.frame) }],
    body: bodyValues(context, parts.sends, at.frame),
  });
}

const polyfill = "it stands in for fetch, whose own calls are reported";

/** Whether a request is sent for a function that becomes the page's `fetch`, to the address that it is given. */
function standsForFetch(context: RecognizerContext, { opens }: Built): boolean {
  const { evaluator, program } = context;
  return opens.some(({ call, args }) => {
    const unit = program.unitOf(call);
    const around = unit.ancestors(call).filter((node) => isFunction(node));
    if (!around.some((fn) => callersOf(evaluator, fn).globals.includes("fetch"))) return false;
    const entered = { args, caller: frameFor(unit.functionOf(call), evaluator.bareRoot) };
    const urls = argumentValues(evaluator, entered, 1);
    return urls.every((url) => plainText(url) === undefined);
  });
}

function find(context: RecognizerContext): void {
  for (const reference of globalReferences(context.program, context.evaluator, "XMLHttpRequest")) {
    const reason = context.excluded(reference.node);
    if (reason !== undefined) {
      context.report(excludedSite("xhr", reference, reason));
      continue;
    }
    const parts = built(context, reference);
    if (standsForFetch(context, parts)) {
      context.report(excludedSite("xhr", reference, polyfill));
      continue;
    }
    const site = httpSite(context, {
      recognizer: "xhr",
      reference,
      reached: { calls: parts.opens, escapes: parts.escapes },
      ask: (frame, { args }) => ask(context, parts, { frame, args }),
    });
    context.report(site);
  }
}

export const xhrRecognizer: Recognizer = { name: "xhr", find };
