/**
 * Apollo Client: links that send documents by fetch to the `uri` of their options. They are known by the names of these options;
 * the cache adds `__typename` to what the app wrote.
 */
import type * as t from "@babel/types";
import { undefinedValue, type Values } from "../../evaluate/values.ts";
import type { Node } from "../../modules/syntax.ts";
import { everyValue, reportDocuments, type Endpoint } from "../graphql-documents.ts";
import { excludeAround, excludeGetters } from "../library-sinks.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

const name = "apollo";
const reason =
  "it is the fetch call of Apollo's link, whose documents are seen where they are written";

/** What a link takes its options from: `const { uri, useGETForQueries, … } = options`, or `options.useGETForQueries`. */
function findOptions({ program }: RecognizerContext): Node[] {
  return program.units.flatMap((unit): Node[] => {
    if (!unit.script.code.includes("useGETForQueries")) return [];
    const taken = (unit.index.members.get("useGETForQueries") ?? []).map(
      ({ object }) => object as Node,
    );
    const { code } = unit.script;
    const patterns: Node[] = [];
    for (
      let at = code.indexOf("useGETForQueries");
      at >= 0;
      at = code.indexOf("useGETForQueries", at + 1)
    ) {
      const [, , declarator] = [unit.nodeAt(at), ...unit.ancestors(unit.nodeAt(at))].filter(
        isOfPattern,
      );
      if (declarator?.type === "VariableDeclarator" && declarator.init)
        patterns.push(declarator.init);
    }
    return [...taken, ...patterns];
  });
}

function isOfPattern(
  node: Node,
): node is t.ObjectProperty | t.ObjectPattern | t.VariableDeclarator {
  return ["ObjectProperty", "ObjectPattern", "VariableDeclarator"].includes(node.type);
}

/** An address that nobody gives is `/graphql`. */
function urlsOf(context: RecognizerContext, options: Node): Values {
  const urls = everyValue(context, options, options, "uri");
  const isGiven = urls.some((one) => one.kind !== "literal");
  if (!isGiven) return [{ kind: "text", parts: [{ kind: "text", text: "/graphql" }] }];
  return urls.filter((one) => one.kind !== "literal");
}

function endpointOf(context: RecognizerContext, options: Node): Endpoint {
  const headers = everyValue(context, options, options, "headers");
  const urls = urlsOf(context, options);
  return { urls, headers: headers.length === 0 ? [undefinedValue] : headers };
}

function asksByGet(context: RecognizerContext, options: Node): boolean {
  return everyValue(context, options, options, "useGETForQueries").some(
    (value) => value.kind !== "literal" || value.value === true,
  );
}

function find(context: RecognizerContext): void {
  const options = findOptions(context);
  if (options.length === 0) return;
  const endpoints = options.map((one) => endpointOf(context, one));
  const get = options.some((one) => asksByGet(context, one));
  excludeAround(context, { global: "fetch", texts: ["useGETForQueries"], reason });
  excludeGetters(context, reason);
  reportDocuments(context, name, { endpoints, typed: true, get });
}

export const apolloRecognizer: Recognizer = { name, find };
