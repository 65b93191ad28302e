/**
 * What recordings say of an analyzed bundle: which operations were seen, where named bases were, what open sites sent. It is
 * evidence for people: a request that nothing explains is listed, never registered.
 */
import type { Observations, Site } from "../../contract/build.ts";
import type { Operation } from "../../contract/operation.ts";
import { operationId, type UnnamedOperation } from "../../contract/operation-id.ts";
import type { Bundle } from "../files/bundle.ts";
import { Explainer, type Explanation } from "./explain.ts";
import { observedOperation, valueType, type IsWord, type ValueType } from "./observed-operation.ts";
import type { CallFrame, HarRequest, Recording } from "./read-har.ts";

export interface Observed {
  readonly observations: Observations;
  /** Operations of open sites, by the site's id. */
  readonly bySite: ReadonlyMap<string, readonly UnnamedOperation[]>;
}

const dataResources = new Set([
  "fetch",
  "xhr",
  "websocket",
  "eventsource",
  "ping",
  "beacon",
  "other",
]);
const assetAnswer =
  /^(?:text\/(?:html|css|javascript)|(?:application|text)\/(?:x-)?javascript|image\/|font\/|audio\/|video\/|application\/(?:font|wasm))/i;

/** Whether a request carries data, going by what the recorder took it for. */
function isData({ method, resource, answer, url }: HarRequest, bundle: Bundle): boolean {
  if (method === "OPTIONS" || resource === "preflight") return false;
  if (resource !== undefined) return dataResources.has(resource);
  if (method !== "GET") return true;
  const path = url.pathname.replace(/^\/+/, "");
  return !assetAnswer.test(answer) && !bundle.files.has(path);
}

/** Whether a word stands in a script of the bundle; a segment that does not is a value. */
function wordsOf(bundle: Bundle): IsWord {
  const known = new Map<string, boolean>();
  return (segment) => {
    const found = known.get(segment);
    if (found !== undefined) return found;
    const word = new RegExp(
      `(?<![\\w.~-])${segment.replaceAll(/[.~-]/g, String.raw`\$&`)}(?![\\w~-])`,
    );
    const isWord = bundle.scripts.some(({ code }) => word.test(code));
    known.set(segment, isWord);
    return isWord;
  };
}

function isFrameOf(site: Site, { url, line, column }: CallFrame): boolean {
  if (site.line !== line || site.column !== column || !URL.canParse(url)) return false;
  const path = decodeURIComponent(new URL(url).pathname);
  return path === `/${site.file}` || path.endsWith(`/${site.file}`);
}

/** The open site that sent a request: by the places that led to it, or because there is only one. */
function senderOf(request: HarRequest, open: readonly Site[]): Site | undefined {
  const frame = open.find((site) => request.frames.some((one) => isFrameOf(site, one)));
  if (frame !== undefined || request.frames.length > 0) return frame;
  const kind = request.resource;
  const possible = open.filter(({ recognizer }) => {
    if (kind === "xhr") return recognizer !== "fetch";
    return kind === "fetch" ? recognizer !== "xhr" : true;
  });
  return possible.length === 1 ? possible[0] : undefined;
}

function joinTypes(one: ValueType | undefined, other: ValueType): ValueType {
  return one === undefined || one === other ? other : "string";
}

class Tally {
  readonly operations = new Map<string, { requests: number; holes: Record<string, ValueType> }>();
  readonly bases = new Map<string, Set<string>>();
  readonly unexplained = new Map<string, Observations["unexplained"][number]>();
  readonly bySite = new Map<string, UnnamedOperation[]>();

  count(id: string, { holes, base, operation }: Partial<Explanation>): void {
    const seen = this.operations.get(id) ?? { requests: 0, holes: {} };
    seen.requests += 1;
    for (const [name, value] of Object.entries(holes ?? {})) {
      seen.holes[name] = joinTypes(seen.holes[name], valueType(value));
    }
    this.operations.set(id, seen);
    if (base === undefined || operation === undefined || !("origin" in operation)) return;
    const addresses = this.bases.get(operation.origin) ?? new Set();
    this.bases.set(operation.origin, addresses.add(base));
  }

  list(operation: ReturnType<typeof observedOperation>): void {
    const { method, origin, path } = operation;
    const query = Object.keys(operation.query.fields);
    const key = JSON.stringify([method, origin, path, query]);
    const known = this.unexplained.get(key);
    this.unexplained.set(key, {
      method,
      origin,
      path,
      query,
      requests: (known?.requests ?? 0) + 1,
    });
  }

  give(site: Site, operation: UnnamedOperation): void {
    this.bySite.set(site.id, [...(this.bySite.get(site.id) ?? []), operation]);
    this.count(operationId(operation), {});
  }
}

function sortedRecord<T, R>(map: ReadonlyMap<string, T>, each: (value: T) => R): Record<string, R> {
  const entries = [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, each(value)]));
}

/** Addresses that could be a base: of several the shortest one that all others lie under. */
function onlyBase(addresses: ReadonlySet<string>): string | null {
  return addresses.size === 1 ? ([...addresses][0] ?? null) : null;
}

export interface ObserveOptions {
  readonly bundle: Bundle;
  readonly operations: readonly Operation[];
  readonly sites: readonly Site[];
  readonly recordings: readonly Recording[];
}

/** Holds recordings against what the analysis found. */
export function observe({ bundle, operations, sites, recordings }: ObserveOptions): Observed {
  const pages = new Set(recordings.flatMap((one) => [...one.pages]));
  const explainer = new Explainer(operations, pages);
  const isWord = wordsOf(bundle);
  const open = sites.filter(({ status }) => status === "open");
  const tally = new Tally();
  const requests = recordings.flatMap((one) => one.requests).filter((one) => isData(one, bundle));
  for (const request of requests) {
    const explained = explainer.explain(request);
    if (explained !== undefined) {
      tally.count(explained.operation.id, explained);
      continue;
    }
    const origin = pages.has(request.url.origin) ? "same-origin" : request.url.origin;
    const operation = observedOperation(request, origin, isWord);
    const site = senderOf(request, open);
    if (site === undefined) tally.list(operation);
    else tally.give(site, operation);
  }
  const bases = [...tally.bases].flatMap(([name, addresses]) => {
    const base = onlyBase(addresses);
    return base === null ? [] : [[name, base] as const];
  });
  const observations: Observations = {
    requests: requests.length,
    operations: sortedRecord(tally.operations, (seen) => seen),
    bases: sortedRecord(new Map(bases), (base) => base),
    unexplained: [...tally.unexplained.values()].toSorted((a, b) =>
      `${a.origin}${a.path} ${a.method}` < `${b.origin}${b.path} ${b.method}` ? -1 : 1,
    ),
  };
  return { observations, bySite: tally.bySite };
}
