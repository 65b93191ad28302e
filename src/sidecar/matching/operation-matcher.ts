/**
 * Matches a request to a registered HTTP operation. Candidates come from the request alone: method, origin, path, and the
 * literals of query and body that discriminate. Nothing the page claims about itself widens a match.
 */
import type { Access, Field, HttpOperation } from "../../contract/operation.ts";
import type { JsonValue } from "../../contract/canonical-json.ts";
import {
  compareTemplates,
  matchTemplate,
  parseTemplate,
  type PathTemplate,
} from "./path-template.ts";
import type { QueryValues } from "./query.ts";
import { canonicalPath } from "./request-path.ts";

/** What the matcher looks at. `body` is called only if a candidate tells by it, and gives undefined if it is not JSON. */
interface MatchRequest {
  readonly method: string;
  readonly origin: string;
  readonly rawPath: string;
  readonly query: QueryValues;
  body(): JsonValue | undefined;
}

export type Match =
  | {
      readonly kind: "matched";
      readonly operation: HttpOperation;
      /** Of the strictest candidate: if any that matches is a write, the call is a write. */
      readonly access: Access;
      readonly holes: ReadonlyMap<string, string>;
    }
  | { readonly kind: "ambiguous"; readonly operations: readonly string[] }
  | { readonly kind: "unmatched"; readonly reason: string };

type Literal = string | number | boolean | null;

interface Entry {
  readonly operation: HttpOperation;
  readonly template: PathTemplate;
  readonly queryLiterals: readonly (readonly [string, Literal])[];
  readonly queryPrefixes: readonly (readonly [string, string])[];
  readonly bodyLiterals: readonly (readonly [string, Literal])[];
}

interface Candidate {
  readonly entry: Entry;
  readonly holes: ReadonlyMap<string, string>;
}

export interface OperationMatcher {
  match(request: MatchRequest): Match;
}

function literalsOf(fields: Readonly<Record<string, Field>> | undefined): [string, Literal][] {
  return Object.entries(fields ?? {}).flatMap(([name, field]): [string, Literal][] =>
    typeof field === "object" && "literal" in field ? [[name, field.literal]] : [],
  );
}

function prefixesOf(fields: Readonly<Record<string, Field>>): [string, string][] {
  return Object.entries(fields).flatMap(([name, field]): [string, string][] =>
    typeof field === "object" && "prefix" in field ? [[name, field.prefix]] : [],
  );
}

/** A repeated key fits too: its operation refuses it, where another might let it pass to the upstream. */
function queryFits(entry: Entry, query: QueryValues): boolean {
  return (
    entry.queryLiterals.every(
      ([name, literal]) => query.get(name)?.includes(String(literal)) === true,
    ) &&
    entry.queryPrefixes.every(
      ([name, prefix]) => query.get(name)?.some((text) => text.startsWith(prefix)) === true,
    )
  );
}

function discriminators({ queryLiterals, queryPrefixes }: Entry): number {
  return queryLiterals.length + queryPrefixes.length;
}

function bodyFits(entry: Entry, request: MatchRequest): boolean {
  if (entry.bodyLiterals.length === 0) return true;
  const body = request.body();
  if (body === null || typeof body !== "object" || Array.isArray(body)) return false;
  return entry.bodyLiterals.every(
    ([name, literal]) => Object.hasOwn(body, name) && body[name] === literal,
  );
}

/** Path first, segment by segment; then the one that names more discriminators. */
function compareCandidates(first: Candidate, second: Candidate): number {
  return (
    compareTemplates(first.entry.template, second.entry.template) ||
    discriminators(first.entry) - discriminators(second.entry) ||
    first.entry.bodyLiterals.length - second.entry.bodyLiterals.length
  );
}

function choose(candidates: readonly Candidate[]): Match {
  const [head] = candidates;
  if (head === undefined) return { kind: "unmatched", reason: "no operation has this path" };
  const best = candidates.reduce((a, b) => (compareCandidates(b, a) > 0 ? b : a), head);
  const rivals = candidates.filter((candidate) => compareCandidates(candidate, best) === 0);
  if (rivals.length > 1) {
    const operations = rivals.map((rival) => rival.entry.operation.id).toSorted();
    return { kind: "ambiguous", operations };
  }
  const isWrite = candidates.some((candidate) => candidate.entry.operation.access === "write");
  return {
    kind: "matched",
    operation: best.entry.operation,
    access: isWrite ? "write" : "read",
    holes: best.holes,
  };
}

/** Compiles the HTTP operations of one app. */
export function compileMatcher(operations: readonly HttpOperation[]): OperationMatcher {
  const byTarget = new Map<string, Entry[]>();
  for (const operation of operations) {
    const key = `${operation.method} ${operation.origin}`;
    const entry: Entry = {
      operation,
      template: parseTemplate(operation.path, operation.encodedSlash),
      queryLiterals: literalsOf(operation.query.fields),
      queryPrefixes: prefixesOf(operation.query.fields),
      bodyLiterals: literalsOf(operation.body.fields),
    };
    byTarget.set(key, [...(byTarget.get(key) ?? []), entry]);
  }
  return {
    match(request) {
      const path = canonicalPath(request.rawPath);
      if (!path.ok) return { kind: "unmatched", reason: path.reason };
      const candidates: Candidate[] = [];
      for (const entry of byTarget.get(`${request.method} ${request.origin}`) ?? []) {
        const holes = matchTemplate(entry.template, path.segments);
        if (holes === undefined || !queryFits(entry, request.query)) continue;
        if (bodyFits(entry, request)) candidates.push({ entry, holes });
      }
      return choose(candidates);
    },
  };
}
