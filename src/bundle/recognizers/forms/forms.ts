/** Forms that the page submits itself: `<form action method>`, `formAction` of a button, `form.action = …; form.submit()`. */
import type { Frame } from "../../evaluate/frame.ts";
import {
  literalValue,
  plainText,
  textValue,
  undefinedValue,
  type QueryValue,
  type Values,
} from "../../evaluate/values.ts";
import type { Node } from "../../modules/syntax.ts";
import type { RequestValues } from "../../operations/http-request.ts";
import { DataPlaces, reportLoad, type UnnamedHttp } from "../load-site.ts";
import { setAttributes, type SetAttribute } from "../page-elements.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

const name = "forms";

/** The fields of a form are those of its inputs: any may be sent. */
const anyFields: QueryValue = { kind: "query", fields: new Map(), open: true, multipart: false };

function attribute(context: RecognizerContext, node: Node | undefined, frame: Frame): Values {
  return node === undefined ? [undefinedValue] : context.evaluator.evaluate(node, frame);
}

/** A form sends what its inputs hold: as its body, or as its query where it only asks. */
function request(
  context: RecognizerContext,
  attributes: { method: Node | undefined; encoding: Node | undefined; fallback: Values },
  frame: Frame,
): Omit<RequestValues, "url"> {
  const { method, encoding, fallback } = attributes;
  const methods = method === undefined ? fallback : attribute(context, method, frame);
  const encodings = attribute(context, encoding, frame);
  const isMultipart = encodings.some(
    (value) =>
      value.kind === "text" &&
      value.parts.some((part) => part.kind === "text" && /multipart/i.test(part.text)),
  );
  return {
    method: methods,
    headers: [undefinedValue],
    body: [{ ...anyFields, multipart: isMultipart }],
  };
}

/** A form that only asks puts its inputs into the query. */
function withAnyQuery(operation: UnnamedHttp): UnnamedHttp {
  if (operation.method !== "GET") return operation;
  return { ...operation, query: { ...operation.query, open: true } };
}

/** Whether a form may post by itself: one with a handler is sent by the handler. */
function mayPost(
  context: RecognizerContext,
  { tag, others }: SetAttribute,
  method: Node | undefined,
): boolean {
  if (tag !== "form" || method === undefined || others.has("onsubmit")) return false;
  context.evaluator.budget = 5000;
  const methods = context.evaluator.evaluate(method, context.evaluator.bareRoot);
  return methods.some((value) => plainText(value)?.toLowerCase() !== "get");
}

function find(context: RecognizerContext): void {
  const data = new DataPlaces(context.operations());
  const report = (set: SetAttribute, keys: readonly [string, string], fallback: Values): void => {
    const [method, encoding] = keys.map((key) => set.others.get(key));
    reportLoad(
      context,
      {
        recognizer: name,
        at: set.at,
        address: set.value,
        kind: "loads",
        mayWrite: mayPost(context, set, method),
        sent: withAnyQuery,
        request: (frame) => request(context, { method, encoding, fallback }, frame),
      },
      data,
    );
  };
  for (const set of setAttributes(context.program, "action")) {
    // A component's `action` is anything; an element that is not seen to be made may be a form.
    if (set.tag !== undefined && set.tag !== "form") continue;
    report(set, ["method", "enctype"], [literalValue(undefined)]);
  }
  // The form around a button may post: it is taken for one that does where the button does not say.
  for (const set of setAttributes(context.program, "formAction")) {
    report(set, ["formmethod", "formenctype"], [textValue("POST")]);
  }
}

export const formsRecognizer: Recognizer = { name, find };
