/** validate: typed, canonical arguments. No coercion but of query and form texts, no extras in a closed shape. */
import {
  argumentsDigest,
  type CallArguments,
  type SqlArguments,
} from "../../contract/arguments.ts";
import type { GraphqlOperation, HttpOperation, SqlOperation } from "../../contract/operation.ts";
import {
  proceed,
  refuse,
  type Part,
  type ResolvedCall,
  type Step,
  type ValidCall,
} from "../lifecycle.ts";
import { readBody, type ReadBody } from "../validation/body.ts";
import { readTextFields } from "../validation/fields.ts";
import { readVariables } from "../validation/graphql-variables.ts";
import { overrideHeaders, proxyHeaders } from "../validation/reserved.ts";
import { readSqlValues } from "../validation/sql-values.ts";
import { parseQuery } from "../matching/query.ts";

type Valid =
  | { readonly ok: true; readonly arguments: CallArguments; readonly body: ReadBody | null }
  | { readonly ok: false; readonly reason: string };

/** Headers that are the boundary's or the connection's own, whatever an operation registers: credentials above all. */
const never =
  /^(?:authorization|cookie|host|origin|referer|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|accept-encoding|content-length|content-type|(?:proxy|sec|govern)-.*)$/;

/** Of the caller's own headers only what the operation registers. */
function registeredHeaders(call: ResolvedCall, names: readonly string[]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of names) {
    const value = call.request.headers.get(name);
    if (value !== undefined && !never.test(name) && !proxyHeaders.test(name)) kept[name] = value;
  }
  return kept;
}

/** A method that is said beside the request's own is taken where the operation registers it, and never by a read. */
function overridesMethod(call: ResolvedCall, registered: readonly string[]): boolean {
  return overrideHeaders.some(
    (name) =>
      call.request.headers.has(name) && (call.access === "read" || !registered.includes(name)),
  );
}

function validateHttp(call: ResolvedCall, operation: HttpOperation): Valid {
  const { holes } = call.raw as Extract<ResolvedCall["raw"], { kind: "http" }>;
  if (overridesMethod(call, operation.headers)) {
    return { ok: false, reason: "a header says another method" };
  }
  const texts = parseQuery(call.request.query);
  if (texts === undefined) return { ok: false, reason: "the query cannot be read" };
  const query = readTextFields(operation.query, texts);
  if (!query.ok) return { ok: false, reason: `query ${query.reason}` };
  const body = readBody(operation.body, call.request);
  if (!body.ok) return { ok: false, reason: `body ${body.reason}` };
  return {
    ok: true,
    body: body.body,
    arguments: {
      path: Object.fromEntries(holes),
      query: query.values,
      headers: registeredHeaders(call, operation.headers),
      body: body.body.value,
    },
  };
}

function validateSql(call: ResolvedCall, operation: SqlOperation): Valid {
  const { values } = call.raw as Extract<ResolvedCall["raw"], { kind: "sql" }>;
  const read = readSqlValues(operation.parameters, values);
  return read.ok ? { ok: true, arguments: { values: read.values }, body: null } : read;
}

function validateGraphql(call: ResolvedCall, operation: GraphqlOperation): Valid {
  const { holes, variables } = call.raw as Extract<ResolvedCall["raw"], { kind: "graphql" }>;
  const read = readVariables(operation.variables, variables);
  if (!read.ok) return read;
  const headers = registeredHeaders(call, operation.headers);
  const path = Object.fromEntries(holes);
  return { ok: true, body: null, arguments: { path, variables: read.values, headers } };
}

/** Each statement of a batch by its own parameters. */
function validateBatch(call: ResolvedCall, values: readonly unknown[]): Valid {
  const { statements } = call.target;
  const valid: SqlArguments[] = [];
  for (const [index, statement] of statements.entries()) {
    const read = readSqlValues(statement.parameters, values[index]);
    if (!read.ok) return { ok: false, reason: `statement ${index + 1}: ${read.reason}` };
    valid.push({ values: read.values });
  }
  return valid.length === values.length
    ? { ok: true, arguments: { statements: valid }, body: null }
    : { ok: false, reason: `the batch has ${statements.length} statements` };
}

function validateTarget(call: ResolvedCall): Valid {
  const { operation } = call.target;
  if (operation.kind === "http" && call.raw.kind === "http") return validateHttp(call, operation);
  if (operation.kind === "sql" && call.raw.kind === "sql") return validateSql(call, operation);
  if (operation.kind === "graphql" && call.raw.kind === "graphql") {
    return validateGraphql(call, operation);
  }
  if (call.raw.kind === "sql-batch") return validateBatch(call, call.raw.values);
  return { ok: false, reason: "of this kind cannot be checked" };
}

async function validate(call: ResolvedCall): Promise<Step<ValidCall>> {
  const valid = validateTarget(call);
  if (!valid.ok) return refuse("invalid-arguments", `Refused: ${valid.reason}.`);
  return proceed({
    ...call,
    arguments: valid.arguments,
    argumentsDigest: argumentsDigest(valid.arguments),
    payload: valid.body?.payload ?? null,
    contentType: valid.body?.contentType ?? null,
  });
}

export function createValidate(): Part<"validate"> {
  return { point: "validate", process: validate };
}
