/**
 * What reaches the network in a way that nothing can follow: members of the page's objects whose names are only known at run time,
 * the windows of other pages, and code that stands in texts. Each is open; none of it can be replaced.
 */
import type { Node } from "../../modules/syntax.ts";
import { pageObjects } from "../page-objects.ts";
import type { OpenRule, Recognizer, RecognizerContext } from "../recognizer.ts";
import { codeTexts } from "./code-texts.ts";
import { elementCode } from "./element-code.ts";
import { loadedScripts } from "./loaded-scripts.ts";
import { otherNetworks } from "./other-networks.ts";
import { serviceWorkers } from "./service-workers.ts";
import { TextReader } from "./text-reader.ts";

const name = "indirect";

interface Lost {
  readonly node: Node;
  readonly reason: string;
  readonly status?: "open" | "excluded" | "unreachable" | undefined;
}

function report(context: RecognizerContext, lost: Lost, rule: OpenRule): void {
  const { node, reason, status = "open" } = lost;
  if (context.excluded(node) !== undefined || context.isReported(node)) return;
  const cuts = [{ at: node, cut: { kind: "in-place" as const } }];
  context.report({ recognizer: name, at: node, status, reason, operations: [], cuts, rule });
}

/** A service worker that the app registers: excluded, for it never runs, and told, for the app counts on it. */
function reportWorker(context: RecognizerContext, at: Node): void {
  if (context.excluded(at) !== undefined || context.isReported(at)) return;
  const reason = "the page's policy and the sidecar refuse a service worker";
  const message =
    "A service worker would answer the requests of the page itself; the sidecar refuses its script.";
  const fix = "Leave it out of this build; what it caches is loaded from the sidecar.";
  const findings = [{ at, rule: "bypass" as const, message, fix }];
  const cuts = [{ at, cut: { kind: "in-place" as const } }];
  context.report({
    recognizer: name,
    at,
    status: "excluded",
    reason,
    operations: [],
    cuts,
    findings,
  });
}

function find(context: RecognizerContext): void {
  const { program, evaluator } = context;
  for (const lost of pageObjects(program, evaluator).lost) {
    report(context, lost, "unresolved-call");
  }
  const reader = new TextReader(program, evaluator);
  for (const at of serviceWorkers(reader)) reportWorker(context, at);
  for (const read of [codeTexts, elementCode, loadedScripts, otherNetworks]) {
    for (const text of read(reader)) report(context, text, text.rule ?? "bypass");
  }
}

export const indirectRecognizer: Recognizer = { name, find };
