/** Which writes no approval rule covers: they are held, and nobody can release them. */
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
