/** The least that the credential of each PostgreSQL resource has to be granted for the registered operations. */
import type { SqlOperation } from "../contract/operation.ts";
import { buildCatalog } from "../policy/catalog.ts";
import { statementNeeds, type Privilege, type TableNeed } from "../statements/privileges.ts";
import type { PolicyWorkspace } from "./policy-workspace.ts";

/** What is needed of one table; of all columns together null. */
export interface TableGrant {
  readonly schema: string | null;
  readonly table: string;
  readonly privileges: ReadonlyMap<Privilege, ReadonlySet<string> | null>;
}

/** Operations that no grant on a table makes possible, each with what stands in the way. */
export interface BeyondGrants {
  readonly operation: string;
  readonly why: string;
}

export interface ResourceGrants {
  readonly resource: string;
  readonly operations: number;
  readonly tables: readonly TableGrant[];
  readonly beyond: readonly BeyondGrants[];
}

type Merged = Map<
  string,
  { -readonly [K in keyof TableGrant]: TableGrant[K] } & {
    readonly privileges: Map<Privilege, Set<string> | null>;
  }
>;

function merge(merged: Merged, { schema, table, privilege, columns }: TableNeed): void {
  const key = `${schema ?? "public"}.${table}`;
  const grant = merged.get(key) ?? { schema, table, privileges: new Map() };
  merged.set(key, grant);
  const known = grant.privileges.get(privilege);
  if (known === null || columns === null) grant.privileges.set(privilege, null);
  else grant.privileges.set(privilege, new Set([...(known ?? []), ...columns]));
}

async function grantsOf(
  resource: string,
  operations: readonly { readonly name: string; readonly operation: SqlOperation }[],
): Promise<ResourceGrants> {
  const all = await statementNeeds(operations.map(({ operation }) => operation.statement));
  const merged: Merged = new Map();
  for (const { needs } of all) for (const need of needs) merge(merged, need);
  const beyond = all.flatMap(({ beyond: why }, at): BeyondGrants[] =>
    why === null ? [] : [{ operation: operations[at]?.name ?? "", why }],
  );
  const tables = [...merged].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, grant]) => grant);
  return { resource, operations: operations.length, tables, beyond };
}

/** The grants of every PostgreSQL resource, in the order of govern.yaml. */
export async function leastGrants({ workspace, apps }: PolicyWorkspace): Promise<ResourceGrants[]> {
  const { operations } = buildCatalog(workspace, apps);
  const names = Object.entries(workspace.resources ?? {}).filter(
    ([, { kind }]) => kind === "postgres",
  );
  return Promise.all(
    names.map(([name]) =>
      grantsOf(
        name,
        operations.flatMap(({ app, operation, resource }) =>
          resource === name && operation.kind === "sql"
            ? [{ name: `${app}/${operation.id}`, operation }]
            : [],
        ),
      ),
    ),
  );
}

/** A name as SQL reads it back, whatever it holds. */
const quoted = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;

function privilegeText([privilege, columns]: readonly [
  Privilege,
  ReadonlySet<string> | null,
]): string {
  if (columns === null) return privilege;
  return `${privilege} (${[...columns].toSorted().map(quoted).join(", ")})`;
}

/** The statements that grant it to a role. */
export function grantStatements({ tables }: ResourceGrants, role: string): string[] {
  const to = `TO ${quoted(role)};`;
  const schemas = new Set(tables.flatMap(({ schema }) => (schema === null ? [] : [schema])));
  return [
    ...[...schemas].toSorted().map((schema) => `GRANT USAGE ON SCHEMA ${quoted(schema)} ${to}`),
    ...tables.map(({ schema, table, privileges }) => {
      const name = [...(schema === null ? [] : [schema]), table].map(quoted).join(".");
      return `GRANT ${[...privileges].map(privilegeText).join(", ")} ON ${name} ${to}`;
    }),
  ];
}
