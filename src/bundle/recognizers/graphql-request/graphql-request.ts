/**
 * graphql-request: a class that is made with an address and sends the documents that its `request` and `rawRequest` are given.
 * It is known by the names of its methods; what it is asked is read where it is called.
 */
import { argumentValues } from "../../evaluate/arguments.ts";
import { callersOf } from "../../evaluate/callers.ts";
import type { Answer } from "../../evaluate/contexts.ts";
import { frameFor, type Frame } from "../../evaluate/frame.ts";
import { asText } from "../../evaluate/texts.ts";
import { undefinedValue, type Values } from "../../evaluate/values.ts";
import {
  isCall,
  isClass,
  plainKey,
  type ClassNode,
  type FunctionNode,
  type Node,
} from "../../modules/syntax.ts";
import { optionValues, type FoundCall } from "../../operations/http-request.ts";
import { documentAnswer } from "../graphql-documents.ts";
import { placeSite } from "../http-site.ts";
import { excludeAround } from "../library-sinks.ts";
import { memberUses } from "../member-uses.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

const name = "graphql-request";
const reason =
  "it is the fetch call of graphql-request, whose documents are seen where it is asked";

const marks = ["rawRequest", "request", "batchRequests", "setEndpoint"];

function memberNames({ body }: ClassNode): Set<string | undefined> {
  return new Set(
    body.body.map((one) =>
      one.type === "ClassMethod" || one.type === "ClassProperty"
        ? plainKey(one.key as Node, one.computed ?? false)
        : undefined,
    ),
  );
}

/** Classes that have all of the methods. */
function findClasses({ program }: RecognizerContext): ClassNode[] {
  return program.units.flatMap((unit) => {
    const { code } = unit.script;
    const found: ClassNode[] = [];
    for (
      let at = code.indexOf("batchRequests");
      at >= 0;
      at = code.indexOf("batchRequests", at + 1)
    ) {
      const around = unit.ancestors(unit.nodeAt(at)).find((node) => isClass(node));
      if (around === undefined || !isClass(around) || found.includes(around)) continue;
      const names = memberNames(around);
      if (marks.every((mark) => names.has(mark))) found.push(around);
    }
    return found;
  });
}

function constructorOf({ body }: ClassNode): FunctionNode | undefined {
  return body.body.find((one) => one.type === "ClassMethod" && one.kind === "constructor") as
    | FunctionNode
    | undefined;
}

interface Asked {
  readonly made: Node;
  readonly call: Node;
  readonly args: readonly Node[];
}

/** The document of a call, which is an argument or a member of the options that are. */
function documentsOf(context: RecognizerContext, given: Values): Values {
  return given.flatMap((value): Values => {
    if (value.kind !== "object") return [value];
    const named = ["document", "query"].flatMap((key) => context.evaluator.property(value, key));
    const known = named.filter((one) => one.kind !== "literal");
    return known.length > 0 && !isTree(context, value) ? known : [value];
  });
}

function isTree(context: RecognizerContext, value: Values[number]): boolean {
  return context.evaluator.property(value, "kind").some((one) => one.kind === "text");
}

function ask(context: RecognizerContext, frame: Frame, { made, args }: Asked): Answer<FoundCall> {
  const { evaluator, program } = context;
  const outer = frameFor(program.unitOf(made).functionOf(made), frame);
  const construction = { args: isCall(made) ? (made.arguments as Node[]) : [], caller: outer };
  const urls = argumentValues(evaluator, construction, 0).map((one) =>
    asText(one, construction.args[0]),
  );
  const config = argumentValues(evaluator, construction, 1);
  const headers = optionValues(evaluator, config, "headers");
  const given = argumentValues(evaluator, { args, caller: frame }, 0);
  return documentAnswer(context, documentsOf(context, given), {
    endpoints: [{ urls, headers: headers.length === 0 ? [undefinedValue] : headers }],
    typed: false,
    get: optionValues(evaluator, config, "method").some((one) => one.kind !== "literal"),
  });
}

function readClient(context: RecognizerContext, made: Node): void {
  const uses = memberUses(context, { node: made });
  const open = (at: Node, why: string): void =>
    context.report({ recognizer: name, at, status: "open", reason: why, operations: [], cuts: [] });
  for (const { name: member, call } of uses.calls) {
    if (member === "request" || member === "rawRequest") {
      const asked = { made, call, args: call.arguments as Node[] };
      const site = placeSite(context, {
        recognizer: name,
        at: call,
        ask: (frame) => ask(context, frame, asked),
      });
      // The library's own functions make a client for each call; nobody may call them.
      if (site.status !== "unreachable") context.report(site);
    } else if (member === "batchRequests")
      open(call, "it sends several GraphQL documents in one request");
    else if (member === "setEndpoint") open(call, "it changes the address of its client");
  }
  for (const { at, reason: why } of uses.lost)
    open(at, `the client reaches code that is not followed: ${why}`);
}

function find(context: RecognizerContext): void {
  const classes = findClasses(context);
  if (classes.length === 0) return;
  context.exclude(classes, reason);
  excludeAround(context, { global: "fetch", texts: ["fetchOptions", "middleware"], reason });
  const made = classes.flatMap((one) => {
    const fn = constructorOf(one);
    return fn === undefined ? [] : callersOf(context.evaluator, fn).callers.map(({ call }) => call);
  });
  for (const call of new Set(made)) readClient(context, call);
}

export const graphqlRequestRecognizer: Recognizer = { name, find };
