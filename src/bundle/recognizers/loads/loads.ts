/** Loads by elements (`img.src`, `<iframe src>`, `<a download href>`) and navigations (`location.href`, `window.open`). */
import { FlowTracker } from "../../evaluate/flow.ts";
import { RootFrame } from "../../evaluate/frame.ts";
import type { MemberNode, Node } from "../../modules/syntax.ts";
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
  const values = context.evaluator.evaluate(node, new RootFrame());
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

function members(context: RecognizerContext, key: string): MemberNode[] {
  return context.program.units.flatMap((unit) => [...(unit.index.members.get(key) ?? [])]);
}

/** `window.location = address`, and windows that are opened first. */
function assignedLocations(context: RecognizerContext): Found[] {
  return members(context, "location").flatMap((member): Found[] => {
    const write = context.program.parentOf(member);
    if (write?.type !== "AssignmentExpression" || write.left !== member) return [];
    return [{ at: write, address: write.right, kind: "goes" }];
  });
}

/** `location.assign(address)`, `location.replace(address)`. */
function locationCalls(context: RecognizerContext): Found[] {
  return ["assign", "replace"].flatMap((key) =>
    members(context, key).flatMap((member): Found[] => {
      const call = callOf(context.program, member);
      const [address, second] = (call?.arguments ?? []) as Node[];
      if (call === undefined || address === undefined || second !== undefined) return [];
      if (!isGlobal(context, member.object, /(?:^|\.)location$/)) return [];
      return [{ at: call, address, kind: "goes" }];
    }),
  );
}

/** `window.open(address)`: nothing of the app's own routes is opened so that is not also a page of its own. */
function openCalls(context: RecognizerContext): Found[] {
  const own = members(context, "open").filter((member) =>
    isGlobal(context, member.object, /^window$/),
  );
  const references: Node[] = [...context.program.unbound("open"), ...own];
  return references.flatMap((node) =>
    new FlowTracker(context.evaluator, 50).run(node, []).uses.flatMap((use): Found[] => {
      if (use.kind !== "call" || use.node.type === "TaggedTemplateExpression") return [];
      const [address] = use.node.arguments as Node[];
      return address === undefined ? [] : [{ at: use.node, address, kind: "goes" }];
    }),
  );
}

function find(context: RecognizerContext): void {
  const data = new DataPlaces(context.operations());
  const found = [
    ...elements(context),
    ...assignedLocations(context),
    ...locationCalls(context),
    ...openCalls(context),
  ];
  for (const load of found) {
    reportLoad(context, { recognizer: name, ...load, mayWrite: false, request: plainGet }, data);
  }
}

export const loadsRecognizer: Recognizer = { name, find };
