/** Rules of govern.yaml that take writes out of the gate. */
import type { Operation } from "../../contract/operation.ts";
import type { ApprovalRule } from "../../contract/workspace.ts";
import { callText, placeOf, workspacePlace, type Fault, type Judged } from "./judged.ts";

type Exemption = Extract<ApprovalRule, { require: "none" }>;

function tablesOf(operation: Operation, all: readonly Operation[]): readonly string[] {
  if (operation.kind === "sql") return operation.tables;
  if (operation.kind !== "sql-batch") return [];
  return all.flatMap((each) =>
    each.kind === "sql" && operation.statements.includes(each.id) ? each.tables : [],
  );
}

/** Whether an exemption names a write of this app, its condition aside; as the gate does, see policy/gate.ts. */
function exempts({ match }: Exemption, operation: Operation, judged: Judged): boolean {
  const { app, operations } = judged.report;
  const tables = tablesOf(operation, operations);
  return (
    (match.operation === undefined || match.operation === `${app}/${operation.id}`) &&
    (match.table === undefined ||
      (tables.length > 0 && tables.every((table) => table === match.table))) &&
    (match.app === undefined || match.app === app) &&
    (match.access === undefined || match.access === "write")
  );
}

function unreasoned(writes: readonly Operation[], judged: Judged): Fault[] {
  return writes.map((operation) => ({
    rule: "ungated-write",
    ...placeOf(judged.report.sites, operation.id),
    message: `${callText(operation)} changes data, and govern.yaml exempts it from approval without a reason.`,
    fix: "Remove the exemption from `approvals` in govern.yaml, or give its reason.",
    operation: operation.id,
  }));
}

function expired(
  until: string,
  writes: readonly Operation[],
  place: ReturnType<typeof workspacePlace>,
): Fault {
  const [first] = writes;
  const rest = writes.length > 1 ? ` and ${writes.length - 1} more` : "";
  return {
    rule: "expired-exemption",
    ...place,
    message: `This exemption from approval ended on ${until}: ${first?.id ?? ""}${rest} is held again.`,
    fix: "Remove it from `approvals` in govern.yaml, or renew it with its reason.",
  };
}

/** Exemptions of this app's writes that have no reason, or are over. */
export function faultyExemptions(judged: Judged): Fault[] {
  const { report, today, workspace } = judged;
  return (workspace?.approvals ?? []).flatMap((rule, index): Fault[] => {
    if (!("require" in rule)) return [];
    const writes = report.operations.filter(
      (operation) => operation.access === "write" && exempts(rule, operation, judged),
    );
    if (writes.length === 0) return [];
    if (rule.reason.trim() === "") return unreasoned(writes, judged);
    if (rule.until === undefined || rule.until >= today) return [];
    return [expired(rule.until, writes, workspacePlace(judged, ["approvals", index]))];
  });
}
