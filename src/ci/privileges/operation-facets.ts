/** An operation as the set of single things that it may do, so that two versions of it can be compared. */
import type { Field, Fields, Operation } from "../../contract/operation.ts";
import { classifyStatement } from "../../statements/classify.ts";
import { canonicalJson } from "../../contract/canonical-json.ts";

/** How a field is told: its name, and its type unless anything fits. */
function fieldText(name: string, field: Field): string {
  return field === "any"
    ? name
    : `${name}: ${typeof field === "string" ? field : canonicalJson(field)}`;
}

function fieldFacets(what: string, { fields, open }: Fields): string[] {
  const named = Object.entries(fields).map(([name, field]) => `${what} ${fieldText(name, field)}`);
  return open ? [...named, `any other ${what}`] : named;
}

function bodyFacets(operation: Extract<Operation, { kind: "http" }>): string[] {
  const { type, fields, open } = operation.body;
  if (type === "none") return [];
  if (fields === undefined) return [`any ${type} body`];
  return [`${type} body`, ...fieldFacets("body field", { fields, open: open ?? false })];
}

async function sqlFacets(operation: Extract<Operation, { kind: "sql" }>): Promise<string[]> {
  const { columns } = await classifyStatement(operation.statement, operation.dialect);
  const { tables } = operation;
  const owner = tables.length === 1 ? `${tables[0] ?? ""}.` : "";
  return [
    `client ${operation.client}`,
    ...tables.map((table) => `table ${table}`),
    ...columns.map((column) => `column ${owner}${column}`),
    ...operation.parameters.map((parameter) => `parameter ${parameter}`),
  ];
}

/** Everything that an operation may do, besides what its id says already. */
export async function facetsOf(operation: Operation): Promise<readonly string[]> {
  switch (operation.kind) {
    case "http":
      return [
        `origin ${operation.origin}`,
        ...fieldFacets("query field", operation.query),
        ...operation.headers.map((header) => `header ${header}`),
        ...bodyFacets(operation),
        ...(operation.encodedSlash ?? []).map((hole) => `slashes in {${hole}}`),
      ];
    case "stream":
      return [`origin ${operation.origin}`, ...fieldFacets("query field", operation.query)];
    case "graphql":
      return [
        `origin ${operation.origin}`,
        ...Object.entries(operation.variables).map(([name, type]) => `variable ${name}: ${type}`),
        ...operation.headers.map((header) => `header ${header}`),
        ...(operation.get === true ? ["requests by GET"] : []),
      ];
    case "sql":
      return sqlFacets(operation);
    case "sql-batch":
      return [`client ${operation.client}`, ...operation.statements.map((id) => `statement ${id}`)];
  }
}
