/**
 * Objects that look like an HTTP client and are none that is known: several verbs of one receiver are called with a literal path.
 * Their calls are open, for a library that talks to the network in a way that is not seen must not be silent.
 */
import type * as t from "@babel/types";
import {
  isCall,
  isFunction,
  isMember,
  literalText,
  memberName,
  type MemberNode,
  type Node,
} from "../../modules/syntax.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

const name = "unknown-client";
const verbNames = ["get", "head", "post", "put", "patch", "delete"];
/** Verbs that maps, caches and databases do not have. */
const telling = ["post", "patch"];

/** A rooted path or an address, as the text of a literal or the start of a template. */
const address = /^(?:https?:\/\/|\/)[A-Za-z]/;

interface Candidate {
  readonly call: t.CallExpression;
  readonly member: MemberNode;
}

function startOf(node: Node | undefined): string {
  if (node?.type === "TemplateLiteral") return node.quasis[0]?.value.cooked ?? "";
  return literalText(node) ?? "";
}

function candidateAt(context: RecognizerContext, member: MemberNode): Candidate | undefined {
  const call = context.program.parentOf(member);
  if (!isCall(call) || call.type !== "CallExpression" || call.callee !== member) return undefined;
  const [path, second] = call.arguments as Node[];
  // With a function it is a route of a server or of a mock.
  if (!address.test(startOf(path)) || isFunction(second)) return undefined;
  return { call, member };
}

/** What tells one receiver from another: its variable, or the name of the member that holds it. */
function receiverOf(context: RecognizerContext, { object }: MemberNode): unknown {
  if (object.type === "Identifier") return context.program.bindingOf(object) ?? object.name;
  return isMember(object) ? `.${memberName(object) ?? ""}` : undefined;
}

function isUnknown(context: RecognizerContext, { member }: Candidate): boolean {
  context.evaluator.budget = 20_000;
  const values = context.evaluator.evaluate(member, context.evaluator.bareRoot);
  return values.every((value) => value.kind === "unknown");
}

function groups(context: RecognizerContext): Map<unknown, Map<string, Candidate[]>> {
  const found = new Map<unknown, Map<string, Candidate[]>>();
  for (const verb of verbNames) {
    for (const member of context.program.units.flatMap((u) => u.index.members.get(verb) ?? [])) {
      const candidate = candidateAt(context, member);
      const receiver = candidate && receiverOf(context, member);
      if (candidate === undefined || receiver === undefined) continue;
      const verbs = found.get(receiver) ?? new Map<string, Candidate[]>();
      found.set(receiver, verbs.set(verb, [...(verbs.get(verb) ?? []), candidate]));
    }
  }
  return found;
}

function find(context: RecognizerContext): void {
  for (const verbs of groups(context).values()) {
    if (verbs.size < 2 || !telling.some((verb) => verbs.has(verb))) continue;
    for (const candidate of [...verbs.values()].flat()) {
      const { call } = candidate;
      if (context.isReported(call) || context.excluded(call) !== undefined) continue;
      if (!isUnknown(context, candidate)) continue;
      context.report({
        recognizer: name,
        at: call,
        status: "open",
        reason: "it looks like a call of an HTTP client, which is not known",
        operations: [],
        cuts: [],
      });
    }
  }
}

export const unknownClientRecognizer: Recognizer = { name, find };
