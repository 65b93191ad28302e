/** What the workspace leaves open: writes that nobody can release, and operations without a resource. */
import { originId } from "../contract/operation-id.ts";
import type { Operation } from "../contract/operation.ts";
import type { ApprovalRule } from "../contract/workspace.ts";
import type { AppSnapshot, GovernedOperation, Snapshot } from "./snapshot.ts";

function mayCover(rule: ApprovalRule, app: AppSnapshot, target: GovernedOperation): boolean {
  const { match } = rule;
  const { operation } = target;
  const tables = operation.kind === "sql" ? operation.tables : [];
  return (
    (match.operation === undefined || match.operation === `${app.name}/${operation.id}`) &&
    (match.app === undefined || match.app === app.name) &&
    (match.access === undefined || match.access === target.access) &&
    (match.table === undefined || tables.includes(match.table))
  );
}

/** One warning per app that has such writes. */
export function uncoveredWrites({ workspace, apps }: Snapshot): readonly string[] {
  const rules = workspace.approvals ?? [];
  const warnings: string[] = [];
  for (const app of apps.values()) {
    const ids = [...app.operations.values()]
      .filter((target) => target.access === "write")
      .filter((target) => !rules.some((rule) => mayCover(rule, app, target)))
      .map(({ operation }) => operation.id);
    if (ids.length > 0) {
      const what = ids.length === 1 ? "write is" : "writes are";
      warnings.push(
        `${app.name}: ${ids.length} ${what} held and nobody can release them, for no approval rule matches: ${ids.join(", ")}`,
      );
    }
  }
  return warnings;
}

/** Telemetry without a resource is acknowledged, not refused. */
function isTelemetry(app: AppSnapshot, operation: Operation): boolean {
  return "origin" in operation && app.telemetry.has(originId(operation.origin));
}

/** One warning per app that has operations without a resource. */
export function unmappedOperations({ apps }: Snapshot): readonly string[] {
  return [...apps.values()].flatMap((app) => {
    const ids = [...app.operations.values()]
      .filter(({ resource, operation }) => resource === null && !isTelemetry(app, operation))
      .map(({ operation }) => operation.id);
    if (ids.length === 0) return [];
    const what = ids.length === 1 ? "operation is" : "operations are";
    const where = `apps.${app.name}.resources maps them to no resource: ${ids.join(", ")}`;
    return [`${app.name}: ${ids.length} ${what} refused, for ${where}`];
  });
}
