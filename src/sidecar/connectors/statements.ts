/** What a SQL call asks a database to run: one statement, or those of a batch. */
import type { SqlArguments } from "../../contract/arguments.ts";
import type { SqlOperation } from "../../contract/operation.ts";
import type { ConnectorCall } from "./connector.ts";

export interface Statement {
  readonly operation: SqlOperation;
  readonly args: SqlArguments;
}

/** The statements of a call, in order, each with its values; none if the call is no SQL call. */
export function statementsOf(call: ConnectorCall): readonly Statement[] {
  const { operation, statements = [], arguments: given } = call;
  if (operation.kind === "sql") return "values" in given ? [{ operation, args: given }] : [];
  if (operation.kind !== "sql-batch" || !("statements" in given)) return [];
  const all = statements.map((one, index) => ({
    operation: one,
    args: given.statements[index] ?? { values: {} },
  }));
  return all.length === given.statements.length ? all : [];
}
