/** Streams (`new WebSocket(url)`, `new EventSource(url)`): the address decides, messages are not looked into. */
import type { UnnamedOperation } from "../../contract/operation-id.ts";
import { argumentValues } from "../evaluate/arguments.ts";
import { explore, type Answer } from "../evaluate/contexts.ts";
import type { Frame } from "../evaluate/frame.ts";
import { asText } from "../evaluate/texts.ts";
import type { ParamValue } from "../evaluate/values.ts";
import { readAddress } from "../operations/address.ts";
import { baseCuts, type UsedBase } from "./base-cuts.ts";
import { callDrafts } from "./call-drafts.ts";
import { globalReferences, type GlobalReference } from "./global-references.ts";
import { excludedSite, globalCut, reachedCalls, type ReachedCall } from "./http-site.ts";
import type { CallDraft, RecognizerContext, SiteDraft } from "./recognizer.ts";

interface StreamKind {
  readonly recognizer: string;
  readonly global: "WebSocket" | "EventSource";
  readonly method: "WS" | "SSE";
}

interface FoundStream {
  readonly operation: UnnamedOperation;
  readonly bases: readonly UsedBase[];
}

function ask(
  context: RecognizerContext,
  kind: StreamKind,
  at: { frame: Frame; reached: ReachedCall },
): Answer<FoundStream> {
  const entered = { args: at.reached.args, caller: at.frame };
  const results: FoundStream[] = [];
  const open: string[] = [];
  const hard: ParamValue[] = [];
  const soft: ParamValue[] = [];
  for (const value of argumentValues(context.evaluator, entered, 0)) {
    const address = readAddress(asText(value).parts);
    if (address.kind === "needs") hard.push(address.param);
    else if (address.kind === "open") open.push(address.reason);
    else if (address.kind === "address") {
      const { origin, path, query } = address;
      const isSocket = kind.method === "WS";
      const access = isSocket ? "write" : "read";
      const why = isSocket ? "a socket carries writes" : "an event stream";
      soft.push(...address.soft);
      const { method } = kind;
      const operation = { kind: "stream", access, why, method, origin, path, query } as const;
      const bases = origin.startsWith("{") ? [{ origin, place: address.base }] : [];
      results.push({ operation, bases });
    }
  }
  return { results, open, needs: { hard, soft } };
}

function streamSite(
  context: RecognizerContext,
  kind: StreamKind,
  reference: GlobalReference,
): SiteDraft {
  const reached = reachedCalls(context, reference);
  const operations: UnnamedOperation[] = [];
  const calls: CallDraft[] = [];
  const bases: UsedBase[] = [];
  const reasons = reached.escapes === undefined ? [] : [reached.escapes];
  for (const one of reached.calls) {
    const found = explore(context.evaluator, one.call, (frame) =>
      ask(context, kind, { frame, reached: one }),
    );
    for (const result of found.results) {
      const { operation } = result;
      operations.push(operation);
      const outermost = found.calledAt.get(result) ?? one.call;
      calls.push(...callDrafts(context, outermost, [operation]));
    }
    bases.push(...found.results.flatMap((result) => result.bases));
    reasons.push(...found.open);
  }
  const based = baseCuts(context, bases);
  const [reason] = based.open === undefined ? reasons : [...reasons, based.open];
  const cuts = [globalCut(reference), ...based.cuts];
  const base = { recognizer: kind.recognizer, at: reference.node, calls, cuts };
  if (reason !== undefined) return { ...base, status: "open", reason, operations };
  if (operations.length > 0) return { ...base, status: "resolved", operations };
  return reached.calls.length === 0
    ? { ...base, status: "excluded", reason: "it is only looked at, never constructed", operations }
    : { ...base, status: "unreachable", reason: "nothing calls it", operations };
}

/** Reports the sites of one kind of stream. */
export function findStreams(context: RecognizerContext, kind: StreamKind): void {
  for (const reference of globalReferences(context.program, context.evaluator, kind.global)) {
    const reason = context.excluded(reference.node);
    const site =
      reason === undefined
        ? streamSite(context, kind, reference)
        : excludedSite(kind.recognizer, reference, reason);
    context.report(site);
  }
}
