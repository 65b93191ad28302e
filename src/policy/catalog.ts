/** The registered operations of every app, as rules refer to them. */
import type { Access, Operation } from "../contract/operation.ts";
import type { Workspace } from "../contract/workspace.ts";

export interface Catalog {
  readonly apps: ReadonlySet<string>;
  readonly has: (app: string, operation: string) => boolean;
  /** The tables of an operation; of a batch, those of its statements. */
  readonly tablesOf: (app: string, operation: Operation) => readonly string[];
  /** Its access after `reclassify`; of two entries for one operation, write wins. */
  readonly accessOf: (app: string, operation: Operation) => Access;
}

type Operations = ReadonlyMap<string, Operation>;

function reclassified(workspace: Workspace): ReadonlyMap<string, Access> {
  const accesses = new Map<string, Access>();
  for (const { operation, access } of workspace.reclassify ?? []) {
    accesses.set(operation, accesses.get(operation) === "write" ? "write" : access);
  }
  return accesses;
}

function statementTables(operation: Operation | undefined): readonly string[] {
  return operation?.kind === "sql" ? operation.tables : [];
}

/** Joins the imported operations of every app with the hand-written ones of the workspace. */
export function buildCatalog(
  workspace: Workspace,
  apps: ReadonlyMap<string, readonly Operation[]>,
): Catalog {
  const names = new Set([...Object.keys(workspace.apps ?? {}), ...apps.keys()]);
  const operations = new Map<string, Operations>();
  for (const name of names) {
    const written = workspace.apps?.[name]?.operations ?? [];
    const all = [...(apps.get(name) ?? []), ...written];
    operations.set(name, new Map(all.map((operation) => [operation.id, operation])));
  }
  const accesses = reclassified(workspace);
  return {
    apps: names,
    has: (app, operation) => operations.get(app)?.has(operation) ?? false,
    tablesOf: (app, operation) =>
      operation.kind === "sql-batch"
        ? [
            ...new Set(
              operation.statements.flatMap((id) => statementTables(operations.get(app)?.get(id))),
            ),
          ]
        : statementTables(operation),
    accessOf: (app, operation) => accesses.get(`${app}/${operation.id}`) ?? operation.access,
  };
}
