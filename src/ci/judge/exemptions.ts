/** Rules of govern.yaml that take writes out of the gate. */
import type { Operation } from "../../contract/operation.ts";
import { buildCatalog } from "../../policy/catalog.ts";
import { compileGate, gatesFor, isHolding } from "../../policy/gate.ts";
import type { OperationFacts } from "../../policy/target.ts";
import { callText, placeOf, workspacePlace, type Fault, type Judged } from "./judged.ts";

/** The writes of this app, as the gate knows them. */
function writesOf({ report: { app, operations }, workspace }: Judged): OperationFacts[] {
  const catalog = buildCatalog(workspace ?? { version: 1 }, new Map([[app, operations]]));
  return operations
    .filter(({ access }) => access === "write")
    .flatMap(({ id }): OperationFacts[] => {
      const facts = catalog.find(app, id);
      return facts === undefined ? [] : [{ ...facts, access: "write" }];
    });
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

/** Exemptions of this app's writes that have no reason, or are over. Their conditions are left aside. */
export function faultyExemptions(judged: Judged): Fault[] {
  const { today, workspace } = judged;
  const all = writesOf(judged);
  return (workspace?.approvals ?? []).flatMap((rule, index): Fault[] => {
    if (isHolding(rule)) return [];
    const gate = compileGate(rule, index, null);
    const writes = all
      .filter((facts) => gatesFor([gate], facts).length > 0)
      .map(({ operation }) => operation);
    if (writes.length === 0) return [];
    if (rule.reason.trim() === "") return unreasoned(writes, judged);
    if (rule.until === undefined || rule.until >= today) return [];
    return [expired(rule.until, writes, workspacePlace(judged, ["approvals", index]))];
  });
}
