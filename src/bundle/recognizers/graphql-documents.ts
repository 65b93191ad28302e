/**
 * GraphQL clients that keep documents for what sends them later: hooks, caches, links. Between a document and the network lies
 * what nothing follows, so each document of the bundle is an operation of each of the client's addresses.
 */
import type * as t from "@babel/types";
import { readDocument } from "../../statements/graphql/document.ts";
import { asDocument, looksLikeDocument } from "../evaluate/document-tags.ts";
import { explore, type Answer } from "../evaluate/contexts.ts";
import { callersOf } from "../evaluate/callers.ts";
import type { Frame } from "../evaluate/frame.ts";
import { plainText, textValue, type Entry, type Value, type Values } from "../evaluate/values.ts";
import {
  childAt,
  isCall,
  isMember,
  keysOf,
  literalText,
  memberName,
  plainKey,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import { documentsAmong } from "../operations/graphql-request.ts";
import { readRequest, type FoundCall } from "../operations/http-request.ts";
import { placeSite } from "./http-site.ts";
import type { RecognizerContext } from "./recognizer.ts";

/** Where a client sends its documents. */
export interface Endpoint {
  readonly urls: Values;
  readonly headers: Values;
}

interface Documents {
  /** Templates, texts and syntax trees that hold an operation, or may. */
  readonly nodes: readonly Node[];
  /** What puts documents together from texts. */
  readonly tags: ReadonlySet<Node>;
}

function member(node: t.ObjectExpression, key: string): Node | undefined {
  const found = node.properties.find(
    (one) => one.type === "ObjectProperty" && plainKey(one.key, one.computed) === key,
  );
  return found?.type === "ObjectProperty" ? found.value : undefined;
}

/** A syntax tree that a build compiled; what a parser makes has definitions that it still finds. */
function isTree(node: Node): boolean {
  if (node.type !== "ObjectExpression" || literalText(member(node, "kind")) !== "Document")
    return false;
  const definitions = member(node, "definitions");
  const isJoined =
    isCall(definitions) &&
    isMember(definitions.callee) &&
    memberName(definitions.callee) === "concat";
  return definitions?.type === "ArrayExpression" || isJoined;
}

function startOf({ quasis }: t.TemplateLiteral): string {
  return quasis.map(({ value }) => value.cooked ?? "").find((text) => text.trim() !== "") ?? "";
}

/** Whether a text is a whole document: a sentence that begins like one is none. */
function isDocumentText(text: string): boolean {
  return looksLikeDocument(text) && readDocument(text).ok;
}

function isDocumentNode(node: Node): boolean {
  if (node.type === "TaggedTemplateExpression") return looksLikeDocument(startOf(node.quasi));
  return isTree(node) || isDocumentText(literalText(node) ?? "");
}

/** Walks a script; the template of a tag is no text of its own. */
function walk(program: Node, take: (node: Node) => void): void {
  const waiting: (Node | null)[] = [program];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node === null) continue;
    take(node);
    for (const name of keysOf(node)) {
      const child = childAt(node, name);
      if (node.type === "TaggedTemplateExpression" && name === "quasi")
        for (const one of node.quasi.expressions) waiting.push(one);
      else if (Array.isArray(child)) for (const one of child) waiting.push(one as Node | null);
      else if (child) waiting.push(child as Node);
    }
  }
}

const mark = /\b(?:query|mutation|subscription)\b|OperationDefinition|\{/;

/** The documents of a bundle. */
function findDocuments({ program }: RecognizerContext): Documents {
  const nodes: Node[] = [];
  const tags = new Set<Node>();
  for (const unit of program.units) {
    if (!mark.test(unit.script.code)) continue;
    walk(unit.tree.program, (node) => {
      if (!isDocumentNode(node)) return;
      nodes.push(node);
      if (node.type === "TaggedTemplateExpression") tags.add(node.tag);
    });
  }
  return { nodes, tags };
}

/** A fragment alone is a part of documents, which hold it. */
function isFragment(value: Value): boolean {
  const [first] = value.kind === "text" ? value.parts : [];
  return (
    first?.kind === "text" && /^(?:\s|#[^\n]*\n)*fragment\b/.test(first.text) && !isOperation(value)
  );
}

function isOperation(value: Value): boolean {
  const text = plainText(value);
  return text !== undefined && readDocument(text).ok;
}

function entry(key: string, values: Values, frame: Frame): Entry {
  return { key, spread: false, node: null, frame, values, optional: false };
}

interface Sending {
  readonly endpoints: readonly Endpoint[];
  /** A `__typename` is added to every selection. */
  readonly typed: boolean;
  /** Queries may be asked for by GET. */
  readonly get: boolean;
}

/** What a client sends of some documents. */
export function documentAnswer(
  context: RecognizerContext,
  documents: Values,
  { endpoints, typed, get }: Sending,
): Answer<FoundCall> {
  const { evaluator } = context;
  const frame = evaluator.bareRoot;
  const found = documentsAmong(evaluator, documents);
  const results: FoundCall[] = [];
  const open = [...found.open];
  const hard = [...found.hard];
  for (const document of found.documents) {
    const text = typed ? document.typed : document.text;
    const body = [entry("query", [textValue(text)], frame), entry("variables", [], frame)];
    for (const { urls, headers } of endpoints) {
      const answer = readRequest(evaluator, {
        url: urls,
        method: [textValue("POST")],
        headers,
        body: [{ kind: "json", of: { kind: "object", entries: body } }],
      });
      open.push(...answer.open);
      hard.push(...answer.needs.hard);
      results.push(...answer.results.map((one) => (get ? byGet(one) : one)));
    }
  }
  return { results, open, needs: { hard, soft: [] } };
}

function byGet(found: FoundCall): FoundCall {
  const { operation } = found;
  if (operation?.kind !== "graphql" || operation.access !== "read") return found;
  return { ...found, operation: { ...operation, get: true } };
}

function reportAt(
  context: RecognizerContext,
  at: Node,
  site: { readonly recognizer: string; readonly of: Node; readonly sending: Sending },
): void {
  if (context.isReported(at) || context.excluded(at) !== undefined) return;
  const { recognizer, of, sending } = site;
  const draft = placeSite(context, {
    recognizer,
    at,
    ask: (frame) => {
      const values = context.evaluator
        .evaluate(of, frame)
        .map((one) => asDocument(context.evaluator, one));
      const operations = values.filter((value) => !isFragment(value));
      if (operations.length === 0) return { results: [], open: [], needs: { hard: [], soft: [] } };
      return documentAnswer(context, operations, sending);
    },
  });
  if (draft.status !== "unreachable" && draft.status !== "excluded") context.report(draft);
}

/** The functions behind the tags, e.g. `gql`: what else they are called with is a document too. */
function tagFunctions(context: RecognizerContext, tags: ReadonlySet<Node>): Set<FunctionNode> {
  const { evaluator } = context;
  const found = new Set<FunctionNode>();
  for (const tag of tags) {
    evaluator.budget = 5000;
    for (const value of evaluator.evaluate(tag, evaluator.bareRoot)) {
      if (value.kind === "function") found.add(value.node);
    }
  }
  return found;
}

/** Calls of a tag as a function, whose texts stand elsewhere or are made at run time. */
function reportTagCalls(
  context: RecognizerContext,
  tags: ReadonlySet<Node>,
  site: { readonly recognizer: string; readonly sending: Sending },
): void {
  for (const fn of tagFunctions(context, tags)) {
    for (const { call } of callersOf(context.evaluator, fn).callers) {
      const [of] = isCall(call) ? (call.arguments as Node[]) : [];
      if (of === undefined || isDocumentNode(of)) continue;
      reportAt(context, call, { ...site, of });
    }
  }
}

/** Reports every document of the bundle as an operation of the client's addresses. */
export function reportDocuments(
  context: RecognizerContext,
  recognizer: string,
  sending: Sending,
): void {
  const { nodes, tags } = findDocuments(context);
  for (const node of nodes) reportAt(context, node, { recognizer, of: node, sending });
  reportTagCalls(context, tags, { recognizer, sending });
}

/** What an expression can be in every way in which it is reached. */
export function everyValue(context: RecognizerContext, at: Node, of: Node, key?: string): Values {
  const { evaluator } = context;
  const { results } = explore<Value>(evaluator, at, (frame) => {
    const own = evaluator.evaluate(of, frame);
    const values = key === undefined ? own : own.flatMap((one) => evaluator.property(one, key));
    const hard = values.filter((value) => value.kind === "param");
    return {
      results: hard.length > 0 ? [] : values,
      open: [],
      needs: { hard, soft: [] },
    };
  });
  return results;
}
