/**
 * Session variables: who is calling, told to the database's policies of row-level security. They hold for one transaction,
 * and their values are bound: nothing of a caller becomes a part of a statement.
 */
import type { PostgresResource } from "../../../contract/resource.ts";
import type { Caller } from "../connector.ts";
import { settingsPart, type Part } from "./exchange.ts";

export type Variables = NonNullable<PostgresResource["set"]>;

const sources: {
  readonly [source in Variables[string]]: (caller: Caller) => string;
} = {
  "identity.subject": ({ subject }) => subject,
  "identity.issuer": ({ issuer }) => issuer,
  "identity.groups": ({ groups }) => JSON.stringify(groups.toSorted()),
};

/**
 * What sets the variables of one call, to be sent first in its transaction; nothing where the resource has none. Undefined
 * where they cannot be told: nobody is known to call, or an empty text would stand for them.
 */
export function setVariables(
  variables: Variables,
  caller: Caller | undefined,
): readonly Part[] | undefined {
  const entries = Object.entries(variables);
  if (entries.length === 0) return [];
  if (caller === undefined) return undefined;
  const settings = entries.map(([name, source]) => [name, sources[source](caller)] as const);
  if (settings.some(([, value]) => value === "")) return undefined;
  return [settingsPart(settings, "transaction")];
}
