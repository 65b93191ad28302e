/** From a reference to a network global to its site: the calls that it reaches, what they send, and the cut at the reference. */
import { baseCuts, type UsedBase } from "./base-cuts.ts";
import type {
  CallDraft,
  CutDraft,
  FindingDraft,
  RecognizerContext,
  SiteDraft,
} from "./recognizer.ts";
import type { UnnamedOperation } from "../../contract/operation-id.ts";
import { indirectCall } from "../evaluate/callers.ts";
import { explore, type Answer, type Explored } from "../evaluate/contexts.ts";
import { FlowTracker, type Use } from "../evaluate/flow.ts";
import type { Frame } from "../evaluate/frame.ts";
import { isCall, spreadOf, type CallNode, type Node } from "../modules/syntax.ts";
import { credentialDrafts } from "../operations/credentials.ts";
import type { FoundCall } from "../operations/http-request.ts";
import { callDrafts } from "./call-drafts.ts";
import type { GlobalReference } from "./global-references.ts";

/** A call that a reference reaches, with its arguments. */
export interface ReachedCall {
  readonly call: CallNode;
  readonly args: readonly Node[];
}

export interface Reached {
  readonly calls: readonly ReachedCall[];
  /** Why there may be calls that are not among them. */
  readonly escapes: string | undefined;
}

/** The calls that a reference to a global reaches. */
export function reachedCalls(context: RecognizerContext, reference: GlobalReference): Reached {
  const calls: ReachedCall[] = [];
  let escapes: string | undefined;
  context.evaluator.budget = 100_000;
  const tracker = new FlowTracker(context.evaluator);
  const { node, target } = reference;
  const { uses } = target === undefined ? tracker.run(node, []) : tracker.runInto(target, []);
  for (const use of uses) {
    const reached = callOf(context, use);
    if (reached === undefined) escapes ??= escapeOf(use);
    else calls.push(reached);
  }
  return { calls, escapes };
}

/** Why a use of a global may call it in a way that is not seen. */
function escapeOf(use: Use): string | undefined {
  switch (use.kind) {
    case "call":
      return "it is called as the tag of a template";
    case "escape":
      return use.reason;
    case "given":
      return "it is passed to code that is not followed";
    case "member":
      return /^(?:apply|bind)$/.test(use.name ?? "")
        ? `it is called through ${String(use.name)}`
        : undefined;
    default:
      return undefined;
  }
}

function callOf(context: RecognizerContext, use: Use): ReachedCall | undefined {
  if (use.kind === "call" && isCall(use.node)) {
    return { call: use.node, args: use.node.arguments };
  }
  if (use.kind === "reflected") {
    const list = use.node.arguments.at(-1);
    return { call: use.node, args: list === undefined ? [] : [spreadOf(list)] };
  }
  return use.kind === "member" ? indirectCall(context.evaluator, use.node) : undefined;
}

export function globalCut(reference: GlobalReference): CutDraft {
  if (reference.target !== undefined) return { at: reference.node, cut: { kind: "in-place" } };
  const shorthand = reference.shorthand !== null;
  return {
    at: reference.shorthand ?? reference.node,
    cut: { kind: "global", global: reference.global, shorthand },
  };
}

interface Gathered {
  readonly operations: UnnamedOperation[];
  readonly calls: CallDraft[];
  readonly bases: UsedBase[];
  readonly open: Set<string>;
  readonly cuts: CutDraft[];
  readonly findings: FindingDraft[];
  local: number;
  unreachable: number;
}

function gather(gathered: Gathered, found: FoundCall): void {
  if (found.operation === null) gathered.local += 1;
  else gathered.operations.push(found.operation);
  if (found.operation?.origin.startsWith("{") === true) {
    gathered.bases.push({ origin: found.operation.origin, place: found.base });
  }
  for (const credential of found.credentials) {
    for (const draft of credentialDrafts(credential)) {
      if (gathered.cuts.some((known) => known.at === draft.cut.at)) continue;
      gathered.cuts.push(draft.cut);
      if (draft.finding !== null) gathered.findings.push(draft.finding);
    }
  }
}

function gatherCalls<C extends { readonly call: Node }>(
  context: RecognizerContext,
  calls: readonly C[],
  from: {
    readonly cuts: CutDraft[];
    readonly ask: (frame: Frame, reached: C) => Answer<FoundCall>;
    readonly known?: KnownCalls | undefined;
    readonly work?: number | undefined;
  },
): Gathered {
  const { cuts, ask, known, work } = from;
  const open = new Set<string>();
  const gathered: Gathered = {
    operations: [],
    calls: [],
    bases: [],
    open,
    cuts,
    findings: [],
    local: 0,
    unreachable: 0,
  };
  for (const one of calls) {
    const explored =
      known?.get(one.call) ??
      explore(context.evaluator, one.call, (frame) => ask(frame, one), work);
    known?.set(one.call, explored);
    for (const found of explored.results) {
      gather(gathered, found);
      const outermost = explored.calledAt.get(found) ?? one.call;
      const operations = found.operation === null ? [] : [found.operation];
      gathered.calls.push(...callDrafts(context, outermost, operations));
    }
    for (const reason of explored.open) open.add(reason);
    if (explored.unreachable) gathered.unreachable += 1;
  }
  const bases = baseCuts(context, gathered.bases);
  cuts.push(...bases.cuts);
  if (bases.open !== undefined) open.add(bases.open);
  return gathered;
}

/** What calls send, for recognizers whose references may reach the same call: `(given ?? fetch)(url)`. */
export type KnownCalls = Map<Node, Explored<FoundCall>>;

/** The site of one reference: every call of it is asked, and what all of them say is put together. */
export function httpSite(
  context: RecognizerContext,
  site: {
    recognizer: string;
    reference: GlobalReference;
    reached: Reached;
    ask: (frame: Frame, reached: ReachedCall) => Answer<FoundCall>;
    known?: KnownCalls;
  },
): SiteDraft {
  const { reference, reached, ask, known } = site;
  const cuts = [globalCut(reference)];
  const gathered = gatherCalls(context, reached.calls, { cuts, ask, known });
  if (reached.escapes !== undefined) gathered.open.add(reached.escapes);
  return {
    recognizer: site.recognizer,
    at: reference.node,
    ...verdict(gathered, reached.calls.length),
    ...drafts(gathered),
  };
}

/** The site of one call of a library's client: the library's own sinks are cut elsewhere. */
export function clientSite<C extends ReachedCall>(
  context: RecognizerContext,
  site: { recognizer: string; call: C; ask: (frame: Frame, call: C) => Answer<FoundCall> },
): SiteDraft {
  const { recognizer, call } = site;
  const ask = (frame: Frame): Answer<FoundCall> => site.ask(frame, call);
  const gathered = gatherCalls(context, [call], { cuts: [], ask });
  return { recognizer, at: call.call, ...verdict(gathered, 1), ...drafts(gathered) };
}

/** The site of a place that is no call: an address that the page itself asks for. `work` bounds what is done to find it. */
export function placeSite(
  context: RecognizerContext,
  site: {
    recognizer: string;
    at: Node;
    ask: (frame: Frame) => Answer<FoundCall>;
    work?: number | undefined;
  },
): SiteDraft {
  const { recognizer, at, ask, work } = site;
  const gathered = gatherCalls(context, [{ call: at }], { cuts: [], ask, work });
  return { recognizer, at, ...verdict(gathered, 1), ...drafts(gathered) };
}

function drafts({
  operations,
  calls,
  cuts,
  findings,
}: Gathered): Pick<SiteDraft, "operations" | "calls" | "cuts" | "findings"> {
  return { operations, calls, cuts, findings };
}

function verdict(gathered: Gathered, calls: number): Pick<SiteDraft, "status" | "reason"> {
  const [reason] = gathered.open;
  if (reason !== undefined) return { status: "open", reason };
  if (gathered.operations.length > 0) return { status: "resolved" };
  if (calls === 0) return { status: "excluded", reason: "it is only looked at, never called" };
  if (gathered.local > 0) return { status: "excluded", reason: "its address stays in the page" };
  return { status: "unreachable", reason: "nothing calls it" };
}

/** A reference that an excluded region holds: rewritten like all others, but no operation. */
export function excludedSite(
  recognizer: string,
  reference: GlobalReference,
  reason: string,
): SiteDraft {
  return {
    recognizer,
    at: reference.node,
    status: "excluded",
    reason,
    operations: [],
    cuts: [globalCut(reference)],
  };
}
