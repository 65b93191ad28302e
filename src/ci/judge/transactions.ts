/** Statements that steer a transaction: the app opens one itself, and goes on by what it reads inside. */
import { callText, placeOf, type Fault, type Judged } from "./judged.ts";

const opens = /^\s*(?:begin|start\s+transaction|savepoint)\b/i;

/** A fault for each statement that opens a transaction. Its statements would be sent, held and approved one by one. */
export function interactiveTransactions({ report }: Judged): Fault[] {
  return report.operations.flatMap((operation): Fault[] => {
    if (operation.kind !== "sql" || !opens.test(operation.statement)) return [];
    return [
      {
        rule: "interactive-transaction",
        ...placeOf(report.sites, operation.id),
        message: `${callText(operation)} opens a transaction whose statements are sent one by one: nobody can approve it as one call.`,
        fix: "Send the statements together in one batch, or put them into a function of the database.",
        operation: operation.id,
      },
    ];
  });
}
