/**
 * Compares what two versions of an app may ask for. An operation is the same by its id, which its content must bear out:
 * any other call under a known id is wider. One that is gone and one that came
 * are told as one that changed where they are alike, so that a person sees the column and not two statements. What came is
 * wider in any case, however little it differs: a statement that lost its condition has fewer parameters.
 */
import { canonicalJson } from "../../contract/canonical-json.ts";
import type { Operation } from "../../contract/operation.ts";
import { operationIdentity } from "../../contract/operation-id.ts";
import { callText } from "../judge/judged.ts";
import type { Change, Delta, Side } from "./change.ts";
import { facetsOf } from "./operation-facets.ts";

interface Known {
  readonly operation: Operation;
  readonly facets: ReadonlySet<string>;
}

async function known(operation: Operation): Promise<Known> {
  return { operation, facets: new Set(await facetsOf(operation)) };
}

/** What is in one of two sets alone: what came, then what went. */
export function deltasOf(old: ReadonlySet<string>, now: ReadonlySet<string>): Delta[] {
  const plus = [...now].filter((one) => !old.has(one)).toSorted();
  const minus = [...old].filter((one) => !now.has(one)).toSorted();
  return [
    ...plus.map((what): Delta => ({ sign: "+", what })),
    ...minus.map((what): Delta => ({ sign: "-", what })),
  ];
}

/** What two operations must share to be told as one that changed; null for one that is never alike. */
function likeness({ kind, ...operation }: Operation): string | null {
  if (kind === "http" && "method" in operation && "path" in operation) {
    return `${operation.method} ${operation.path.replaceAll(/\{[^}]*\}/g, "{}")}`;
  }
  if (kind === "sql" && "statement" in operation)
    return `${operation.why} ${operation.tables.join(" ")}`;
  if (kind === "graphql" && "document" in operation) {
    return operation.operationName === undefined
      ? null
      : `${operation.path} ${operation.operationName}`;
  }
  return null;
}

function shared(one: Known, other: Known): number {
  return [...one.facets].filter((facet) => other.facets.has(facet)).length;
}

/** The operation that went for the one that came: alike, and of several the most alike. */
function takeAlike(now: Known, gone: Set<Known>): Known | undefined {
  const wanted = likeness(now.operation);
  if (wanted === null) return undefined;
  const [best] = [...gone]
    .filter(
      ({ operation }) => operation.kind === now.operation.kind && likeness(operation) === wanted,
    )
    .toSorted(
      (a, b) => shared(b, now) - shared(a, now) || (a.operation.id < b.operation.id ? -1 : 1),
    );
  if (best !== undefined) gone.delete(best);
  return best;
}

function accessChange(old: Operation, now: Operation): Pick<Change, "kind" | "message"> | null {
  if (old.access === now.access) return null;
  const isWrite = now.access === "write";
  return {
    kind: isWrite ? "read-became-write" : "write-became-read",
    message: isWrite
      ? `${callText(now)} was a read and is a write (${now.why})`
      : `${callText(now)} was a write and is a read: it is no longer held`,
  };
}

/** What its identity leaves out of a statement and rules go by: its dialect, its tables, which parameter is which. */
function readingOf(operation: Operation): string {
  if (operation.kind === "sql-batch") return operation.dialect;
  if (operation.kind !== "sql") return "";
  const { dialect, tables, parameters, interpolated } = operation;
  return canonicalJson([dialect, tables.toSorted(), parameters, interpolated ?? false]);
}

function isSameCall(old: Operation, now: Operation): boolean {
  return operationIdentity(old) === operationIdentity(now);
}

function contentChange(
  { operation: old, ...was }: Known,
  { operation: now, ...is }: Known,
): Pick<Change, "message" | "widens" | "deltas"> | null {
  const deltas = deltasOf(was.facets, is.facets);
  if (!isSameCall(old, now)) {
    const message = `${callText(old)} became ${callText(now)} under the same id`;
    return { message, widens: true, deltas };
  }
  if (readingOf(old) !== readingOf(now)) {
    const message = `${callText(now)} is the same statement, read in another way`;
    return { message, widens: true, deltas };
  }
  if (deltas.length === 0) return null;
  const widens = deltas.some(({ sign }) => sign === "+");
  return {
    message: `${callText(now)} takes ${widens ? "more" : "less"} than before`,
    widens,
    deltas,
  };
}

function sameId(old: Known, now: Known): Change[] {
  const { id, access } = now.operation;
  const otherAccess = accessChange(old.operation, now.operation);
  const otherContent = contentChange(old, now);
  const about = { operation: id, access } as const;
  const changes: Change[] = [];
  if (otherAccess !== null) changes.push({ ...otherAccess, ...about, widens: true, deltas: [] });
  if (otherContent !== null) changes.push({ kind: "changed-operation", ...about, ...otherContent });
  return changes;
}

function arrivedChanges(now: Known, old: Known | undefined): Change[] {
  const { id, access } = now.operation;
  const text = callText(now.operation);
  if (old === undefined) {
    const message = `new ${access}: ${text}`;
    return [{ kind: "new-operation", widens: true, message, operation: id, access, deltas: [] }];
  }
  const message = `${callText(old.operation)} became ${text}`;
  const deltas = deltasOf(old.facets, now.facets);
  const accessChanged = accessChange(old.operation, now.operation);
  const kind = accessChanged?.kind ?? "changed-operation";
  return [{ kind, widens: true, message, operation: id, access, deltas }];
}

function lost({ operation }: Known): Change {
  const { id, access } = operation;
  const message = `lost ${access}: ${callText(operation)}`;
  return { kind: "lost-operation", widens: false, message, operation: id, access, deltas: [] };
}

/** Operations by their id: several where a file was made so, of which each counts. */
async function knownById({ operations }: Side): Promise<Map<string, Known[]>> {
  const byId = new Map<string, Known[]>();
  for (const one of await Promise.all(operations.map(known))) {
    byId.set(one.operation.id, [...(byId.get(one.operation.id) ?? []), one]);
  }
  return byId;
}

/** What an operation was: of several that had its id, the same call. */
function wasOf(now: Known, olds: readonly Known[]): Known | undefined {
  return olds.find(({ operation }) => isSameCall(operation, now.operation)) ?? olds[0];
}

function byOperation(a: Change, b: Change): number {
  return (
    Number(b.widens) - Number(a.widens) ||
    ((a.operation ?? "") < (b.operation ?? "") ? -1 : a.operation === b.operation ? 0 : 1)
  );
}

/** Every change of the operations, those that widen first. */
export async function compareOperations(old: Side, now: Side): Promise<Change[]> {
  const before = await knownById(old);
  const after = await knownById(now);
  const gone = new Set([...before].flatMap(([id, olds]) => (after.has(id) ? [] : olds)));
  const all = [...after.values()].flat();
  const fresh = all.filter(({ operation }) => !before.has(operation.id));
  const changed = all.flatMap((one) => {
    const was = wasOf(one, before.get(one.operation.id) ?? []);
    return was === undefined ? [] : sameId(was, one);
  });
  const arrived = fresh
    .toSorted((a, b) => (a.operation.id < b.operation.id ? -1 : 1))
    .flatMap((one) => arrivedChanges(one, takeAlike(one, gone)));
  return [...changed, ...arrived, ...[...gone].map(lost)].toSorted(byOperation);
}

/** What the app reaches as a whole. */
async function reachOf({ operations }: Side): Promise<Set<string>> {
  const reached = new Set<string>();
  for (const operation of operations) {
    const verb = operation.access === "write" ? "writes" : "reads";
    for (const facet of await facetsOf(operation)) {
      if (/^(?:origin|table|column) /.test(facet)) reached.add(`${verb} ${facet}`);
    }
  }
  return reached;
}

/** Origins, tables and columns that the app as a whole came to reach, or no longer does. */
export async function compareReach(old: Side, now: Side): Promise<Delta[]> {
  return deltasOf(await reachOf(old), await reachOf(now));
}
