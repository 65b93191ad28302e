/** What is done with an object whose members say what it sends: its members called, read, and where it is lost. */
import type * as t from "@babel/types";
import { FlowTracker, type Use } from "../evaluate/flow.ts";
import { isCall, plainKey, type CallNode, type Node } from "../modules/syntax.ts";
import type { RecognizerContext } from "./recognizer.ts";

type Call = Exclude<CallNode, t.TaggedTemplateExpression>;

/** An object: an expression, what a pattern takes out of one under a key, or what a parameter is given. */
export type Source =
  | { readonly node: Node }
  | { readonly pattern: Node; readonly key: string }
  | { readonly target: Node };

export interface CalledMember {
  readonly name: string;
  readonly call: Call;
}

export interface ReadMember {
  readonly name: string;
  readonly source: Source;
  readonly at: Node;
}

export interface MemberUses {
  readonly calls: readonly CalledMember[];
  readonly reads: readonly ReadMember[];
  /** Places where it is lost, with the reason. */
  readonly lost: readonly { readonly at: Node; readonly reason: string }[];
}

/** Clients are used all over an app. */
const places = 40_000;
const work = 400_000;

interface Found {
  readonly calls: CalledMember[];
  readonly reads: ReadMember[];
  readonly lost: { at: Node; reason: string }[];
}

function addMember(
  context: RecognizerContext,
  use: Extract<Use, { kind: "member" }>,
  found: Found,
): void {
  const { node, name } = use;
  if (name === undefined) {
    found.lost.push({ at: node, reason: "a member of it is only known at run time" });
    return;
  }
  const parent = context.program.parentOf(node);
  if (isCall(parent) && parent.callee === node) found.calls.push({ name, call: parent });
  else found.reads.push({ name, source: { node }, at: node });
}

function addPattern(pattern: t.ObjectPattern, found: Found): void {
  for (const property of pattern.properties) {
    const key =
      property.type === "RestElement" ? undefined : plainKey(property.key, property.computed);
    if (key === undefined) {
      found.lost.push({ at: property, reason: "a member of it is only known at run time" });
    } else found.reads.push({ name: key, source: { pattern, key }, at: property });
  }
}

function addUse(
  context: RecognizerContext,
  use: Use,
  { at, found }: { at: Node; found: Found },
): void {
  switch (use.kind) {
    case "member":
      addMember(context, use, found);
      return;
    case "pattern":
      addPattern(use.node, found);
      return;
    case "escape":
      found.lost.push({ at: use.node, reason: use.reason });
      return;
    case "given":
      found.lost.push({ at: use.node, reason: "it is passed to code that is not followed" });
      return;
    case "global":
      found.lost.push({ at, reason: `it becomes the global ${use.name} of the page` });
      return;
    default:
  }
}

function usesOf(context: RecognizerContext, source: Source): readonly Use[] {
  const { evaluator } = context;
  evaluator.budget = work;
  const tracker = new FlowTracker(evaluator, places);
  if ("node" in source) return tracker.run(source.node, []).uses;
  const { uses } =
    "target" in source
      ? tracker.runInto(source.target, [])
      : tracker.runInto(source.pattern, [source.key]);
  return uses;
}

/** Follows an object to everything that is done with it. */
export function memberUses(context: RecognizerContext, source: Source): MemberUses {
  const found: Found = { calls: [], reads: [], lost: [] };
  const at = "node" in source ? source.node : "target" in source ? source.target : source.pattern;
  for (const use of usesOf(context, source)) addUse(context, use, { at, found });
  return found;
}

/** The calls of a function that is read off an object: `const { rpc } = client; rpc("x")`. */
export function callsOf(context: RecognizerContext, source: Source): readonly Call[] {
  return usesOf(context, source).flatMap((use) =>
    use.kind === "call" && isCall(use.node) ? [use.node] : [],
  );
}
