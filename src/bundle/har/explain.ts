/** Which registered operation a recorded request is: by method, origin, path and literals, as the sidecar would match it. */
import type { HttpOperation, Operation } from "../../contract/operation.ts";
import { collapseStatement } from "../../contract/statement-text.ts";
import type { HarRequest } from "./read-har.ts";

type Addressed = Extract<Operation, { kind: "http" | "stream" }>;

export interface Explanation {
  readonly operation: Operation;
  readonly holes: Readonly<Record<string, string>>;
  /** Where its named base was, with what of the path belongs to it. */
  readonly base?: string;
}

interface Template {
  readonly operation: Addressed;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  /** Literal segments first, as the sidecar prefers them. */
  readonly rank: string;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function templateOf(operation: Addressed): Template {
  const names: string[] = [];
  const source = operation.path
    .split(/(\{[^{}]+\})/)
    .map((piece) => {
      const [, name, many] = /^\{([^{}*]+)(\*?)\}$/.exec(piece) ?? [];
      if (name === undefined) return escaped(decoded(piece));
      names.push(name);
      return many === "*" ? "(.+)" : "([^/]+)";
    })
    .join("");
  const start = operation.origin.startsWith("{") ? "^(.*?)" : "^()";
  const rank = operation.path
    .split("/")
    .map((segment) => (segment.includes("{") ? "1" : "0"))
    .join("");
  return { operation, pattern: new RegExp(`${start}${source}$`, "s"), names, rank };
}

function isOrigin(operation: Addressed, { url }: HarRequest, pages: ReadonlySet<string>): boolean {
  const { origin } = operation;
  if (origin.startsWith("{")) return true;
  const own = url.origin.replace(/^ws/, "http");
  if (origin === "same-origin") return pages.has(own);
  return origin.replace(/^ws/, "http") === own;
}

function isMethod({ kind, method }: Addressed, request: HarRequest): boolean {
  if (kind === "http") return method === request.method && !request.url.protocol.startsWith("ws");
  const isSocket = request.url.protocol.startsWith("ws") || request.resource === "websocket";
  if (method === "WS") return isSocket;
  return !isSocket && request.method === "GET" && isEvents(request);
}

function isEvents({ resource, answer }: HarRequest): boolean {
  return resource === "eventsource" || /event-stream/.test(answer);
}

function bodyObject(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Whether the fields that are literals have their values. */
function fits(
  fields: HttpOperation["query"]["fields"],
  valueOf: (key: string) => unknown,
): boolean {
  return Object.entries(fields).every(
    ([key, field]) =>
      typeof field !== "object" || !("literal" in field) || valueOf(key) === field.literal,
  );
}

function hasLiterals(operation: Addressed, request: HarRequest): boolean {
  const { searchParams } = request.url;
  if (!fits(operation.query.fields, (key) => searchParams.get(key))) return false;
  if (operation.kind === "stream") return true;
  const body = bodyObject(request.body?.text);
  return fits(operation.body.fields ?? {}, (key) => body[key]);
}

/** Explains recorded requests by the operations of one app. */
export class Explainer {
  readonly #templates: readonly Template[];
  readonly #statements: ReadonlyMap<string, Operation>;
  readonly #pages: ReadonlySet<string>;

  constructor(operations: readonly Operation[], pages: ReadonlySet<string>) {
    this.#pages = pages;
    this.#templates = operations
      .filter((one): one is Addressed => one.kind === "http" || one.kind === "stream")
      .map(templateOf)
      .toSorted((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
    this.#statements = new Map(
      operations.flatMap((one) =>
        one.kind === "sql" ? [[collapseStatement(one.statement), one] as const] : [],
      ),
    );
  }

  /** The operation that a request is; undefined if none explains it. */
  explain(request: HarRequest): Explanation | undefined {
    return this.#byStatement(request) ?? this.#byAddress(request);
  }

  /** Drivers that speak HTTP send the statement's text. */
  #byStatement({ body }: HarRequest): Explanation | undefined {
    if (this.#statements.size === 0 || body?.text === undefined) return undefined;
    const { query } = bodyObject(body.text);
    if (typeof query !== "string") return undefined;
    const operation = this.#statements.get(collapseStatement(query));
    return operation === undefined ? undefined : { operation, holes: {} };
  }

  #byAddress(request: HarRequest): Explanation | undefined {
    const path = decoded(request.url.pathname);
    for (const { operation, pattern, names } of this.#templates) {
      if (!isMethod(operation, request) || !isOrigin(operation, request, this.#pages)) continue;
      const match = pattern.exec(path);
      if (match === null || !hasLiterals(operation, request)) continue;
      const holes = Object.fromEntries(names.map((name, at) => [name, match[at + 2] ?? ""]));
      const isNamed = operation.origin.startsWith("{");
      const base = `${request.url.origin}${match[1] ?? ""}`;
      return { operation, holes, ...(isNamed ? { base } : {}) };
    }
    return undefined;
  }
}
