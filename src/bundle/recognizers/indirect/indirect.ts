/**
 * What reaches the network in a way that nothing can follow: members of the page's objects whose names are only known at run time,
 * the windows of other pages, and code that stands in texts. Each is open; none of it can be replaced.
 */
import type { Node } from "../../modules/syntax.ts";
import { pageObjects } from "../page-objects.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";
import { codeTexts } from "./code-texts.ts";
import { elementCode } from "./element-code.ts";
import { loadedScripts } from "./loaded-scripts.ts";
import { otherNetworks } from "./other-networks.ts";
import { TextReader } from "./text-reader.ts";

const name = "indirect";

interface Lost {
  readonly node: Node;
  readonly reason: string;
  readonly status?: "open" | "excluded" | "unreachable" | undefined;
}

function report(context: RecognizerContext, { node, reason, status = "open" }: Lost): void {
  if (context.excluded(node) !== undefined || context.isReported(node)) return;
  const cuts = [{ at: node, cut: { kind: "in-place" as const } }];
  context.report({ recognizer: name, at: node, status, reason, operations: [], cuts });
}

function find(context: RecognizerContext): void {
  const { program, evaluator } = context;
  for (const lost of pageObjects(program, evaluator).lost) report(context, lost);
  const reader = new TextReader(program, evaluator);
  for (const read of [codeTexts, elementCode, loadedScripts, otherNetworks]) {
    for (const text of read(reader)) report(context, text);
  }
}

export const indirectRecognizer: Recognizer = { name, find };
