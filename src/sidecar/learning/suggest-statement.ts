/** From a refused SQL call to the operation that a person could register: the text that the app's own files hold. */
import type { Dialect, SqlOperation } from "../../contract/operation.ts";
import { operationId } from "../../contract/operation-id.ts";
import { collapseStatement } from "../../contract/statement-text.ts";
import { paths } from "../../contract/wire.ts";
import type { StatementFacts } from "../../statements/statement-facts.ts";
import type { CallSoFar } from "../lifecycle.ts";
import { parseStrictJson } from "../matching/strict-json.ts";

/** Judges a statement; the sidecar has no parser of its own. */
export type Classify = (text: string, dialect: Dialect) => Promise<StatementFacts>;

interface Asked {
  readonly client: string;
  readonly digest: string;
}

/** What a SQL call asks for; null where it is none, or names an operation. */
export function askedStatement({ request }: CallSoFar): Asked | null {
  if (!request.path.startsWith(paths.sql)) return null;
  const parsed = parseStrictJson(request.body);
  if (!parsed.ok || typeof parsed.value !== "object" || parsed.value === null) return null;
  const digest: unknown = "digest" in parsed.value ? parsed.value["digest"] : undefined;
  const client = request.path.slice(paths.sql.length);
  const isPlain = /^[A-Za-z0-9-]{1,60}$/.test(client);
  return isPlain && typeof digest === "string" && /^[0-9a-f]{64}$/.test(digest)
    ? { client, digest }
    : null;
}

/** That of the other operations of the client. */
function dialectOf({ app }: CallSoFar, client: string): Dialect {
  for (const { operation } of app.operations.values()) {
    if (operation.kind === "sql" && operation.client === client) return operation.dialect;
  }
  return "postgres";
}

/** The operation of a statement. What nobody judged, or nobody understands, is a write. */
export async function suggestStatement(
  call: CallSoFar,
  { client, text }: { readonly client: string; readonly text: string },
  classify: Classify,
): Promise<SqlOperation> {
  const dialect = dialectOf(call, client);
  const statement = collapseStatement(text);
  const { access, why, tables, parameters } = await classify(statement, dialect);
  const unnamed = {
    kind: "sql" as const,
    access: access === "invalid" ? ("write" as const) : access,
    why,
    observed: true as const,
    dialect,
    statement,
    tables,
    parameters,
    client,
  };
  return { id: operationId(unnamed), ...unnamed };
}
