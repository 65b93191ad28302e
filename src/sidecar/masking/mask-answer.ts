/**
 * Masks: what an answer does not tell its caller. They apply where a resource's answer comes in, so that neither the trail, nor
 * the store, nor a repeat ever has more than the caller may see. An answer that cannot be read is withheld.
 */
import type { Operation, SqlOperation } from "../../contract/operation.ts";
import type { SqlBatchResult, SqlResult } from "../../contract/wire.ts";
import { wordsOf, type MaskRule } from "../../policy/masks.ts";
import type { ColumnOrigin, ConnectorResult } from "../connectors/connector.ts";
import { judgeResult, type Outcome } from "../connectors/outcome.ts";
import type { Refusal } from "../lifecycle.ts";
import { maskJson, type IsMasked } from "./masked-json.ts";

type Fields = readonly (readonly string[])[];
type Value = SqlResult["rows"][number][number];

/** Whether the names at the end of a path are those of a field. */
function pathTest(fields: Fields): IsMasked {
  return (path) =>
    fields.some(
      (field) =>
        field.length <= path.length &&
        field.every((name, at) => path[path.length - field.length + at]?.toLowerCase() === name),
    );
}

/** A document within a result; one that cannot be read is taken out. */
function maskValue(value: Value, path: readonly string[], isMasked: IsMasked): Value {
  if (Array.isArray(value)) return value.map((one: Value) => maskValue(one, path, isMasked));
  if (typeof value !== "object" || value === null || !("$json" in value)) return value;
  const text = maskJson(value.$json, path, isMasked);
  return text === undefined ? null : { $json: text };
}

/** A row as one value: what is in it cannot be told apart. */
function isRow(type: string, { tables }: SqlOperation): boolean {
  const name = type.replace(/^_/, "").toLowerCase();
  return (
    name === "record" || tables.some((table) => table.toLowerCase().split(".").at(-1) === name)
  );
}

/**
 * A column is what the database says it is, under whatever name: `ssn AS number` is masked with `ssn`. Of one that is computed
 * nothing is known, so it is masked wherever its statement names a field at all.
 */
function maskRows(
  result: SqlResult,
  {
    statement,
    fields,
    origins,
  }: { statement: SqlOperation; fields: Fields; origins: readonly (ColumnOrigin | null)[] },
): SqlResult {
  const isMasked = pathTest(fields);
  const words = wordsOf(statement.statement);
  const isNamed = fields.some((field) => field.some((name) => words.has(name)));
  const columns = result.columns.map(({ name, type }, at) => {
    const origin = origins[at] ?? null;
    const path = origin === null ? [name] : [origin.table, origin.column];
    const isUnknown = origin === null && (isNamed || isRow(type, statement));
    return { path, isTaken: isUnknown || isMasked([name]) || isMasked(path) };
  });
  const rows = result.rows.map((row) =>
    row.map((value, at) => {
      const { path, isTaken } = columns[at] ?? { path: [], isTaken: true };
      return isTaken ? null : maskValue(value, path, isMasked);
    }),
  );
  return { ...result, rows };
}

export interface MaskedCall {
  readonly operation: Operation;
  /** The statements of a batch, in order. */
  readonly statements: readonly SqlOperation[];
  readonly access: "read" | "write";
}

type Answered = Extract<ConnectorResult, { kind: "answered" }>;

/** Results of this project's own connectors: their shape is known. */
function maskResults(
  { operation, statements }: MaskedCall,
  fields: Fields,
  { body, origins = [] }: Answered,
): string {
  const parsed = JSON.parse(Buffer.from(body).toString()) as SqlResult | SqlBatchResult;
  const asked = operation.kind === "sql" ? [operation] : statements;
  const one = (result: SqlResult, at: number): SqlResult => {
    const statement = asked[at];
    return statement === undefined
      ? { ...result, rows: [] }
      : maskRows(result, { statement, fields, origins: origins[at] ?? [] });
  };
  return JSON.stringify(
    "results" in parsed ? { results: parsed.results.map(one) } : one(parsed, 0),
  );
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function maskBody(call: MaskedCall, fields: Fields, answer: Answered): Uint8Array | undefined {
  if (answer.body.byteLength === 0) return answer.body;
  const { kind } = call.operation;
  const isSql = kind === "sql" || kind === "sql-batch";
  const text = isSql ? maskResults(call, fields, answer) : textOf(answer.body);
  if (isSql || text === undefined) return text === undefined ? undefined : Buffer.from(text);
  const masked = maskJson(text, [], pathTest(fields));
  return masked === undefined ? undefined : Buffer.from(masked);
}

/**
 * What a connector's result means for whoever called, under the masks that bind them. Where one binds and the answer is no JSON
 * of UTF-8, the outcome is `withheld`: the call ran, and nothing of its answer is told.
 */
export function judgeMasked(
  call: MaskedCall,
  masks: readonly MaskRule[],
  result: ConnectorResult,
): Outcome {
  const outcome = judgeResult(call.access, result);
  if (masks.length === 0 || outcome.state !== "executed" || result.kind !== "answered")
    return outcome;
  const body = maskBody(
    call,
    masks.flatMap(({ fields }) => fields),
    result,
  );
  const names = masks.map(({ name }) => name);
  if (body === undefined) {
    return { ...outcome, headers: [], body: new Uint8Array(), masks: names, withheld: true };
  }
  // A tag of the unmasked bytes tells whether a guess at them is right.
  const headers = outcome.headers.filter(([name]) => name !== "etag");
  return { ...outcome, headers, body, masks: names };
}

/** Told in the place of an answer that was withheld. */
export const answerWithheld: Refusal = {
  code: "answer-withheld",
  detail: "The call ran. A mask binds you, and the answer is nothing that it can be applied to.",
};
