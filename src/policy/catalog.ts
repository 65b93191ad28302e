/** The registered operations of every app, as rules refer to them. */
import type { Access, Operation } from "../contract/operation.ts";
import type { Workspace } from "../contract/workspace.ts";
import type { OperationFacts } from "./target.ts";

export interface Catalog {
  readonly apps: ReadonlySet<string>;
  /** Every operation of every app. */
  readonly operations: readonly OperationFacts[];
  readonly find: (app: string, operation: string) => OperationFacts | undefined;
  /** Its access after `reclassify`; of two entries for one operation, write wins. */
  readonly accessOf: (app: string, operation: Operation) => Access;
}

/** The keys of `apps.X.resources` that an operation looks for, the nearest first. */
export function resourceKeys(operation: Operation): readonly [string, ...string[]] {
  return operation.kind === "sql" || operation.kind === "sql-batch"
    ? [`sql:${operation.client}`, "sql"]
    : [operation.origin];
}

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

/** The tables of an operation; of a batch, those of its statements. */
function tablesOf(
  operation: Operation,
  siblings: ReadonlyMap<string, Operation>,
): readonly string[] {
  if (operation.kind !== "sql-batch") return statementTables(operation);
  return [...new Set(operation.statements.flatMap((id) => statementTables(siblings.get(id))))];
}

/** Joins the imported operations of every app with the hand-written ones of the workspace. */
export function buildCatalog(
  workspace: Workspace,
  imported: ReadonlyMap<string, readonly Operation[]>,
): Catalog {
  const accesses = reclassified(workspace);
  const accessOf = (app: string, operation: Operation): Access =>
    accesses.get(`${app}/${operation.id}`) ?? operation.access;
  const apps = new Map<string, ReadonlyMap<string, OperationFacts>>();
  for (const app of new Set([...Object.keys(workspace.apps ?? {}), ...imported.keys()])) {
    const rule = workspace.apps?.[app];
    const all = [...(imported.get(app) ?? []), ...(rule?.operations ?? [])];
    const siblings = new Map(all.map((operation) => [operation.id, operation]));
    const mapped = new Map(Object.entries(rule?.resources ?? {}));
    const factsOf = (operation: Operation): OperationFacts => ({
      app,
      operation,
      access: accessOf(app, operation),
      tables: tablesOf(operation, siblings),
      resource:
        resourceKeys(operation)
          .map((key) => mapped.get(key))
          .find(Boolean) ?? null,
    });
    apps.set(app, new Map([...siblings].map(([id, operation]) => [id, factsOf(operation)])));
  }
  return {
    apps: new Set(apps.keys()),
    operations: [...apps.values()].flatMap((operations) => [...operations.values()]),
    find: (app, operation) => apps.get(app)?.get(operation),
    accessOf,
  };
}

/** A registered operation, imported or written in the workspace. */
export function findOperation(
  workspace: Workspace,
  apps: ReadonlyMap<string, readonly Operation[]>,
  app: string,
  id: string,
): Operation | undefined {
  const own = Object.hasOwn(workspace.apps ?? {}, app) ? workspace.apps?.[app]?.operations : [];
  return [...(apps.get(app) ?? []), ...(own ?? [])].find((operation) => operation.id === id);
}
