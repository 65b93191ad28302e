/**
 * urql (`@urql/core`): a client that is made with `{ url, exchanges }` and sends documents by fetch, queries by GET where the
 * address stays short. It is known by the object that it keeps of its options.
 */
import type * as t from "@babel/types";
import { undefinedValue, type Value } from "../../evaluate/values.ts";
import { isMember, memberName, plainKey, type Node } from "../../modules/syntax.ts";
import { everyValue, reportDocuments, type Endpoint } from "../graphql-documents.ts";
import { excludeAround } from "../library-sinks.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

const name = "urql";
const reason = "it is the fetch call of urql, whose documents are seen where they are written";

function member(object: t.ObjectExpression, key: string): Node | undefined {
  const found = object.properties.find(
    (one) => one.type === "ObjectProperty" && plainKey(one.key, one.computed) === key,
  );
  return found?.type === "ObjectProperty" ? found.value : undefined;
}

/** `{ url: options.url, fetchSubscriptions: options.fetchSubscriptions, … }`: the options of a client. */
function findOptions({ program }: RecognizerContext): t.MemberExpression[] {
  return program.units.flatMap((unit) =>
    (unit.index.members.get("fetchSubscriptions") ?? []).flatMap((node) => {
      const property = unit.parentOf(node);
      const object = property && unit.parentOf(property);
      if (object?.type !== "ObjectExpression" || member(object, "requestPolicy") === undefined)
        return [];
      const url = member(object, "url");
      const isOption =
        url?.type === "MemberExpression" && isMember(url) && memberName(url) === "url";
      return isOption ? [url] : [];
    }),
  );
}

/** Options of fetch may be given by a function, which callers do not decide. */
function headersOf(context: RecognizerContext, url: t.MemberExpression): Value[] {
  const { evaluator } = context;
  const given = everyValue(context, url, url.object, "fetchOptions");
  const options = given.flatMap((value) =>
    value.kind === "function"
      ? evaluator.returned(value, { args: [], caller: evaluator.bareRoot }, url as never)
      : [value],
  );
  const headers = options.flatMap((value) =>
    value.kind === "object" ? evaluator.property(value, "headers") : [],
  );
  return headers.length === 0 ? [undefinedValue] : headers;
}

function find(context: RecognizerContext): void {
  const endpoints = findOptions(context).map((url): Endpoint => ({
    urls: everyValue(context, url, url),
    headers: headersOf(context, url),
  }));
  if (endpoints.length === 0) return;
  excludeAround(context, { global: "fetch", texts: ["multipart", "Content-Type"], reason });
  reportDocuments(context, name, { endpoints, typed: true, get: true });
}

export const urqlRecognizer: Recognizer = { name, find };
