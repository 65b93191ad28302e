/** The facts of a Postgres text: one statement, judged by its tree. */
import { invalidFacts, type StatementFacts } from "../statement-facts.ts";
import { statementType, writeFault } from "./access.ts";
import { parameterNames, parameterNumber, parameterPlaces } from "./parameters.ts";
import { blockComments, parseText, type TreeNode } from "./parser.ts";
import { relationsOf } from "./relations.ts";

/** The wire protocol counts parameters in 16 bits. */
const maxParameters = 65_535;

/**
 * A comment that some database does not read as one comment: executable ones run in MySQL, nested ones end early in
 * SQLite and MySQL.
 */
function commentFault(text: string): string | null {
  for (const comment of blockComments(text)) {
    if (/^\/\*M?!/.test(comment)) return "an executable comment";
    if (comment.includes("/*", 2)) return "a nested comment";
  }
  return null;
}

function factsOfStatement(statement: TreeNode, text: string): StatementFacts {
  const places = parameterPlaces(statement);
  const numbers = places.map(parameterNumber);
  if (numbers.some((number) => number < 1 || number > maxParameters)) {
    return invalidFacts("a parameter's number is out of range");
  }
  const fault = writeFault(statement) ?? commentFault(text);
  return {
    access: fault === null ? "read" : "write",
    why: fault ?? statementType(statement),
    ...relationsOf(statement),
    parameters: parameterNames(places),
  };
}

const unite = (lists: readonly string[][]): string[] => [...new Set(lists.flat())].toSorted();

/** Several statements are a write, whatever they are: only one at a time is ever sent. */
function factsOfSeveral(statements: readonly TreeNode[]): StatementFacts {
  const relations = statements.map(relationsOf);
  return {
    access: "write",
    why: `${statements.length} statements`,
    tables: unite(relations.map((one) => one.tables)),
    columns: unite(relations.map((one) => one.columns)),
    parameters: [],
  };
}

/** Judges a text; needs the parser loaded. Never throws for any text. */
export function postgresFacts(text: string): StatementFacts {
  const parsed = parseText(text);
  if (!parsed.ok) return invalidFacts(parsed.reason);
  const [statement, ...others] = parsed.statements;
  if (statement === undefined) return invalidFacts("no statement");
  try {
    return others.length > 0
      ? factsOfSeveral(parsed.statements)
      : factsOfStatement(statement, text);
  } catch (error) {
    // Only the depth of the tree can fail a walk over it.
    if (error instanceof RangeError) return invalidFacts("nested too deeply");
    throw error;
  }
}
