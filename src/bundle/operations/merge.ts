/** Operations of one id are one operation: their shapes are joined. */
import type { Fields, HttpOperation, Operation } from "../../contract/operation.ts";
import { operationId, pathShape, type UnnamedOperation } from "../../contract/operation-id.ts";
import { collapseStatement } from "../../contract/statement-text.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { mergeFields } from "./fields.ts";
import { mergeBodies } from "./http-request.ts";

function mergeQueries(one: Fields, other: Fields): Fields {
  return { fields: mergeFields(one.fields, other.fields), open: one.open || other.open };
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  const names = Object.keys(record).toSorted();
  return Object.fromEntries(names.map((name) => [name, record[name] as T]));
}

function mergeHttp(one: HttpOperation, other: HttpOperation): HttpOperation {
  const encodedSlash = [...new Set([...(one.encodedSlash ?? []), ...(other.encodedSlash ?? [])])];
  return {
    ...one,
    query: mergeQueries(one.query, other.query),
    headers: [...new Set([...one.headers, ...other.headers])].toSorted(),
    body: mergeBodies(one.body, other.body),
    ...(encodedSlash.length > 0 ? { encodedSlash: encodedSlash.toSorted() } : {}),
  };
}

/** What must agree for two operations to be the same one. */
function essence(operation: Operation): string {
  switch (operation.kind) {
    case "http":
    case "stream":
      return `${operation.kind} ${operation.method} ${operation.origin} ${pathShape(operation.path)}`;
    case "graphql":
      return `graphql ${operation.origin}${operation.path} ${operation.document}`;
    case "sql":
      return `sql ${operation.client} ${collapseStatement(operation.statement)}`;
    default:
      return JSON.stringify({ ...operation, id: "" });
  }
}

function mergeTwo(one: Operation, other: Operation): Operation {
  if (essence(one) !== essence(other)) {
    throw new GovernError(
      "operation-collision",
      `Two operations have the id ${one.id}: ${essence(one)} and ${essence(other)}.`,
      { next: "Change one of the two calls, e.g. a segment of its path, and build again." },
    );
  }
  if (one.kind === "http" && other.kind === "http") return mergeHttp(one, other);
  if (one.kind === "stream" && other.kind === "stream") {
    return { ...one, query: mergeQueries(one.query, other.query) };
  }
  if (one.kind === "graphql" && other.kind === "graphql") {
    const headers = [...new Set([...one.headers, ...other.headers])].toSorted();
    return { ...one, headers, ...(other.get === true ? { get: true } : {}) };
  }
  if (one.kind === "sql" && other.kind === "sql" && one.interpolated !== other.interpolated) {
    return { ...one, interpolated: true };
  }
  return one;
}

/** Fields in the order of their names: the order of the bundle's code is its minifier's. */
function inOrder(operation: Operation): Operation {
  if (operation.kind !== "http" && operation.kind !== "stream") return operation;
  const query = { ...operation.query, fields: sorted(operation.query.fields) };
  if (operation.kind === "stream") return { ...operation, query };
  const { body } = operation;
  const { fields } = body;
  return {
    ...operation,
    query,
    body: fields === undefined ? body : { ...body, fields: sorted(fields) },
  };
}

/** Names operations and joins those of one id. @throws GovernError `operation-collision`. */
export class OperationSet {
  private readonly byId = new Map<string, Operation>();

  /** Adds an operation and gives its id. */
  add(unnamed: UnnamedOperation): string {
    const id = operationId(unnamed);
    const operation = { id, ...unnamed };
    const known = this.byId.get(id);
    this.byId.set(id, inOrder(known === undefined ? operation : mergeTwo(known, operation)));
    return id;
  }

  /** All of them, sorted by id. */
  sorted(): Operation[] {
    return [...this.byId.keys()].toSorted().map((id) => this.byId.get(id) as Operation);
  }
}
