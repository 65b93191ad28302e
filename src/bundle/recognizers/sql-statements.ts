/** From a text that reaches a client to the SQL operation it is, or the reason why it stays open. */
import type { Dialect } from "../../contract/operation.ts";
import type { UnnamedOperation } from "../../contract/operation-id.ts";
import { collapseStatement } from "../../contract/statement-text.ts";
import { classifyStatement } from "../../statements/classify.ts";
import { bindInterpolated } from "../../statements/bind.ts";

/** A client of a database, as operations name it. */
export interface SqlClient {
  readonly recognizer: string;
  readonly name: string;
  readonly dialect: Dialect;
}

export type UnnamedSql = Extract<UnnamedOperation, { kind: "sql" }>;

export type StatementResult =
  | { readonly operation: UnnamedSql; readonly reason?: never; readonly order?: readonly number[] }
  | { readonly reason: string; readonly operation?: never };

/** The operation of a statement whose text is known. */
export async function knownStatement(text: string, client: SqlClient): Promise<StatementResult> {
  const statement = collapseStatement(text);
  if (statement === "") return { reason: "its text is empty" };
  const facts = await classifyStatement(statement, client.dialect);
  const isInvalid = facts.access === "invalid";
  return {
    operation: {
      kind: "sql",
      access: facts.access === "read" ? "read" : "write",
      why: isInvalid ? `does not parse: ${facts.why}` : facts.why,
      dialect: client.dialect,
      statement,
      tables: [...facts.tables],
      parameters: [...facts.parameters],
      client: client.name,
    },
  };
}

/** The operation of a text with values put into it: each is bound by its place, or the text stays open. */
export async function interpolatedStatement(
  parts: readonly string[],
  client: SqlClient,
): Promise<StatementResult> {
  const bound = await bindInterpolated(parts, client.dialect);
  if (!bound.ok)
    return { reason: `a value is put into its text and cannot be bound: ${bound.reason}` };
  const known = await knownStatement(bound.statement, client);
  if (known.operation === undefined) return known;
  return { operation: { ...known.operation, interpolated: true }, order: bound.holes };
}
