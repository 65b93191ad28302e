/** What a GraphQL document does, as `govern classify` tells it. */
import { invalidFacts, type StatementFacts } from "../statement-facts.ts";
import { readDocument } from "./document.ts";

/** A query reads; mutations and subscriptions write; what is not one complete operation is invalid, or a write. */
export function graphqlFacts(text: string): StatementFacts {
  const read = readDocument(text);
  if (!read.ok) return { ...invalidFacts(read.reason), access: read.access };
  const { operation, variables } = read.document;
  return {
    access: operation === "query" ? "read" : "write",
    why: operation,
    tables: [],
    columns: [],
    parameters: Object.keys(variables),
  };
}
