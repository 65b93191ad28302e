/** Loads by elements (`img.src`, `<iframe src>`, `<a download href>`) and navigations (`location.href`, `window.open`). */
import { indirectCall } from "../../evaluate/callers.ts";
import { FlowTracker, type Use } from "../../evaluate/flow.ts";
import { isCall, isMember, type MemberNode, type Node } from "../../modules/syntax.ts";
import { DataPlaces, plainGet, reportLoad, type LoadKind } from "../load-site.ts";
import { callOf, setAttributes, type SetAttribute } from "../page-elements.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

const name = "loads";

interface Found {
  readonly at: Node;
  readonly address: Node;
  readonly kind: LoadKind;
}

/** A link that is clicked by the script, or saved, is a download; any other one is followed as a route is. */
function linkKind({ others }: SetAttribute): LoadKind {
  return others.has("download") || others.has("click()") ? "loads" : "goes";
}

function isGlobal(context: RecognizerContext, node: Node, path: RegExp): boolean {
  context.evaluator.budget = 5000;
  const values = context.evaluator.evaluate(node, context.evaluator.bareRoot);
  return values.some((value) => value.kind === "global" && path.test(value.path));
}

function foundAt({ at, value }: SetAttribute, kind: LoadKind): Found {
  return { at, address: value, kind };
}

function elements({ program }: RecognizerContext): Found[] {
  const tagged = (property: string, tag: string): SetAttribute[] =>
    setAttributes(program, property).filter((set) => set.tag === tag);
  const loaded = [
    ...setAttributes(program, "src"),
    ...tagged("data", "object"),
    ...tagged("poster", "video"),
  ];
  return [
    ...loaded.map((set) => foundAt(set, "loads")),
    ...setAttributes(program, "href").map((set) => foundAt(set, linkKind(set))),
  ];
}

/** `window.location = address`, and windows that are opened first; `location = address`. */
function assignedLocations({ program }: RecognizerContext): Found[] {
  const writes = program.members("location").flatMap((member): Node[] => {
    const write = program.parentOf(member);
    return write?.type === "AssignmentExpression" && write.left === member ? [write] : [];
  });
  return [...writes, ...program.unboundWrites("location")].flatMap((write): Found[] =>
    write.type === "AssignmentExpression"
      ? [{ at: write, address: write.right, kind: "goes" }]
      : [],
  );
}

/** The call of a member, also one by `.call(…)`, with its arguments. */
function calledWith(
  context: RecognizerContext,
  member: MemberNode,
): { at: Node; args: readonly Node[] } | undefined {
  const call = callOf(context.program, member);
  if (call !== undefined) return { at: call, args: call.arguments };
  const outer = context.program.parentOf(member);
  if (!isMember(outer) || outer.object !== member) return undefined;
  const indirect = indirectCall(context.evaluator, outer);
  return indirect && { at: indirect.call, args: indirect.args };
}

/** Methods that take the page elsewhere, by the objects of the page that have them. */
const navigating: Readonly<Record<string, RegExp>> = {
  assign: /(?:^|\.)location$/,
  replace: /(?:^|\.)location$/,
  navigate: /^navigation$/,
};

/** `location.assign(address)`, `location.replace(address)`, `navigation.navigate(address)`. */
function locationCalls(context: RecognizerContext): Found[] {
  return Object.entries(navigating).flatMap(([key, owner]) =>
    context.program.members(key).flatMap((member): Found[] => {
      const called = calledWith(context, member);
      const [address, second] = called?.args ?? [];
      if (called === undefined || address === undefined) return [];
      if (second !== undefined && key !== "navigate") return [];
      if (!isGlobal(context, member.object, owner)) return [];
      return [{ at: called.at, address, kind: "goes" }];
    }),
  );
}

/** The window's own `open`, by its name, as a member, or taken by a pattern. */
function openUses(context: RecognizerContext): readonly Use[] {
  const { program, evaluator } = context;
  const own = program.members("open").filter(({ object }) => isGlobal(context, object, /^window$/));
  const references: Node[] = [...program.unbound("open"), ...own];
  const taken = program.taken("open").filter((property) => {
    const pattern = program.parentOf(property);
    const declarator = pattern && program.parentOf(pattern);
    const from = declarator?.type === "VariableDeclarator" ? declarator.init : null;
    return from ? isGlobal(context, from, /^window$/) : false;
  });
  return [
    ...references.flatMap((node) => new FlowTracker(evaluator, 50).run(node, []).uses),
    ...taken.flatMap(({ value }) => new FlowTracker(evaluator, 50).runInto(value, []).uses),
  ];
}

/** `window.open(address)`: nothing of the app's own routes is opened so that is not also a page of its own. */
function openCalls(context: RecognizerContext): Found[] {
  return openUses(context).flatMap((use): Found[] => {
    const indirect = use.kind === "member" ? indirectCall(context.evaluator, use.node) : undefined;
    const direct = use.kind === "call" && isCall(use.node) ? use.node : undefined;
    const at = direct ?? indirect?.call;
    const [address] = direct?.arguments ?? indirect?.args ?? [];
    return at === undefined || address === undefined ? [] : [{ at, address, kind: "goes" }];
  });
}

/** `new Audio(address)`. */
function sounds({ program }: RecognizerContext): Found[] {
  return program.unbound("Audio").flatMap((audio): Found[] => {
    const made = program.parentOf(audio);
    if (made?.type !== "NewExpression" || made.callee !== audio) return [];
    const [address] = made.arguments;
    return address === undefined ? [] : [{ at: made, address, kind: "loads" }];
  });
}

function find(context: RecognizerContext): void {
  const data = new DataPlaces(context.operations());
  const found = [
    ...elements(context),
    ...sounds(context),
    ...assignedLocations(context),
    ...locationCalls(context),
    ...openCalls(context),
  ];
  for (const load of found) {
    reportLoad(context, { recognizer: name, ...load, mayWrite: false, request: plainGet }, data);
  }
}

export const loadsRecognizer: Recognizer = { name, find };
