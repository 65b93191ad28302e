/** What a deployed PostgreSQL credential may do beyond what it needs, asked of the server itself. Changes nothing. */
import { Client } from "pg";

/** Column privileges that a credential needs; the others are those of a whole table. */
export interface NeededTable {
  readonly schema: string | null;
  readonly table: string;
  /** Null: all columns. */
  readonly privileges: ReadonlyMap<string, ReadonlySet<string> | null>;
}

export interface CredentialReport {
  readonly role: string;
  /** What it may do, each as a few words: `is a superuser`, `may UPDATE accounts`. */
  readonly excess: readonly string[];
}

const timeout = 10_000;

const roleFacts = `
  SELECT r.rolname AS role,
    pg_catalog.array_remove(ARRAY[
      CASE WHEN r.rolsuper THEN 'is a superuser' END,
      CASE WHEN r.rolbypassrls THEN 'bypasses row-level security' END,
      CASE WHEN r.rolcreaterole THEN 'may create roles' END,
      CASE WHEN r.rolcreatedb THEN 'may create databases' END,
      CASE WHEN r.rolreplication THEN 'may replicate' END,
      CASE WHEN pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') THEN 'may CREATE schemas' END
    ], NULL) AS excess
  FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`;

/** Roles that it can become, and what each gives, is the server's to know: those that are not its own are named. */
const memberships = `
  SELECT 'is a member of ' || rolname AS text FROM pg_catalog.pg_roles
  WHERE rolname <> current_user AND pg_catalog.pg_has_role(oid, 'MEMBER') ORDER BY rolname`;

const schemas = `
  SELECT 'may CREATE in the schema ' || nspname AS text FROM pg_catalog.pg_namespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(oid, 'CREATE')
  ORDER BY nspname`;

interface Allowed {
  readonly oid: string;
  readonly name: string;
  readonly owns: boolean;
  /** Of the table as a whole. */
  readonly whole: string[];
  /** Privilege and column, as `UPDATE balance`. */
  readonly columns: string[];
}

const tables = `
  SELECT c.oid::text AS oid, c.oid::pg_catalog.regclass::text AS name,
    pg_catalog.pg_has_role(c.relowner, 'MEMBER') AS owns,
    ARRAY(SELECT p FROM pg_catalog.unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) AS p
      WHERE pg_catalog.has_table_privilege(c.oid, p)) AS whole,
    ARRAY(SELECT p || ' ' || a.attname
      FROM pg_catalog.pg_attribute a, pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS p
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND pg_catalog.has_column_privilege(c.oid, a.attnum, p)
      ORDER BY p, a.attnum) AS columns
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  ORDER BY 2`;

type Needs = ReadonlyMap<string, NeededTable["privileges"]>;

/** Each needed table by the number that the server knows it by, as this role's search path finds it. */
async function resolveNeeds(client: Client, needed: readonly NeededTable[]): Promise<Needs> {
  const needs = new Map<string, NeededTable["privileges"]>();
  for (const { schema, table, privileges } of needed) {
    const { rows } = await client.query<{ oid: string | null }>(
      `SELECT pg_catalog.to_regclass(CASE WHEN $1::text IS NULL THEN pg_catalog.quote_ident($2)
         ELSE pg_catalog.quote_ident($1) || '.' || pg_catalog.quote_ident($2) END)::oid::text AS oid`,
      [schema, table],
    );
    const oid = rows[0]?.oid;
    if (typeof oid === "string") needs.set(oid, privileges);
  }
  return needs;
}

function excessOf({ oid, name, owns, whole, columns }: Allowed, needs: Needs): string[] {
  if (owns) return [`owns ${name}`];
  const needed = needs.get(oid);
  const isNeeded = (privilege: string, column?: string): boolean => {
    const of = needed?.get(privilege);
    return of === null || (column !== undefined && of?.has(column) === true);
  };
  const wholes = whole.filter((privilege) => !isNeeded(privilege));
  const spare = new Map<string, string[]>();
  for (const entry of columns) {
    const cut = entry.indexOf(" ");
    const [privilege, column] = [entry.slice(0, cut), entry.slice(cut + 1)];
    if (!isNeeded(privilege, column))
      spare.set(privilege, [...(spare.get(privilege) ?? []), column]);
  }
  const parts = [...spare].map(([privilege, names]) =>
    needed?.has(privilege) === true ? `${privilege} (${names.join(", ")})` : privilege,
  );
  const all = [...parts, ...wholes];
  return all.length === 0 ? [] : [`may ${all.join(", ")} ${name}`];
}

async function textsOf(client: Client, query: string): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(query);
  return rows.map(({ text }) => text);
}

async function examine(client: Client, needed: readonly NeededTable[]): Promise<CredentialReport> {
  await client.query("BEGIN READ ONLY");
  const { rows } = await client.query<{ role: string; excess: string[] }>(roleFacts);
  const { role = "", excess = [] } = rows[0] ?? {};
  // Of a superuser all else follows.
  if (excess.includes("is a superuser")) return { role, excess: ["is a superuser"] };
  const needs = await resolveNeeds(client, needed);
  const found = await client.query<Allowed>(tables);
  return {
    role,
    excess: [
      ...excess,
      ...(await textsOf(client, memberships)),
      ...(await textsOf(client, schemas)),
      ...found.rows.flatMap((one) => excessOf(one, needs)),
    ],
  };
}

/**
 * Asks what the credential of `url` may do that `needed` does not say. Rejects with the driver's error where the database cannot be
 * reached; the address is not in what it gives.
 */
export async function examineCredential(
  url: string,
  needed: readonly NeededTable[],
): Promise<CredentialReport> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    return await examine(client, needed);
  } finally {
    await client.end();
  }
}
