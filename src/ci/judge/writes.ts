/** Writes against the contract that people reviewed. */
import { canonicalJson } from "../../contract/canonical-json.ts";
import type { Operation } from "../../contract/operation.ts";
import { callText, governingApp, placeOf, type Fault, type Judged } from "./judged.ts";

/** Whether two operations are the same to a reviewer; why one has its access may be told in other words. */
function sameContract(a: Operation, b: Operation): boolean {
  return canonicalJson({ ...a, why: "" }) === canonicalJson({ ...b, why: "" });
}

function ungatedReason(operation: Operation, judged: Judged): string | undefined {
  const { app } = judged.report;
  if (judged.workspace === undefined) return "no workspace governs this bundle";
  if (governingApp(judged) === undefined) return `govern.yaml has no app "${app}"`;
  const reviewed = judged.reviewed?.find((each) => each.id === operation.id);
  if (reviewed === undefined) return "it is not in the reviewed operations.json";
  if (reviewed.access !== "write") return "operations.json has it as a read";
  return sameContract(reviewed, operation)
    ? undefined
    : "it is not what operations.json has under its id";
}

/** Every write of the bundle that nobody reviewed as it is. */
export function ungatedWrites(judged: Judged): Fault[] {
  const { report, bundlePath } = judged;
  return report.operations.flatMap((operation): Fault[] => {
    if (operation.access !== "write") return [];
    const reason = ungatedReason(operation, judged);
    if (reason === undefined) return [];
    return [
      {
        rule: "ungated-write",
        ...placeOf(report.sites, operation.id),
        message: `${callText(operation)} changes data, and ${reason}.`,
        fix: `Run \`govern import ${bundlePath}\`, review operations.json and commit it.`,
        operation: operation.id,
      },
    ];
  });
}

/** Requests by GET and the like that say of themselves that they change data, unless a person judged them. */
export function mutatingGets({ report, workspace }: Judged): Fault[] {
  const judgedReads = new Set(
    (workspace?.reclassify ?? [])
      .filter(({ access }) => access === "read")
      .map(({ operation }) => operation),
  );
  return report.operations.flatMap((operation): Fault[] => {
    if (operation.kind !== "http" || operation.access !== "write") return [];
    if (!/^(?:GET|HEAD|OPTIONS)$/.test(operation.method)) return [];
    if (judgedReads.has(`${report.app}/${operation.id}`)) return [];
    return [
      {
        rule: "mutating-get",
        ...placeOf(report.sites, operation.id),
        message: `${callText(operation)} changes data (${operation.why}): whatever loads an address can make it, an image or a prefetch.`,
        fix: "Send it as POST; or say under `reclassify` in govern.yaml that it reads, with the reason.",
        operation: operation.id,
      },
    ];
  });
}

/** Operations of the contract that nothing in the bundle sends: what may still be asked of the sidecar, and by no page. */
export function staleOperations(judged: Judged): Fault[] {
  const { report, reviewed = [], bundlePath } = judged;
  if (governingApp(judged) === undefined) return [];
  const sent = new Set(report.operations.map(({ id }) => id));
  return reviewed
    .filter((operation) => !sent.has(operation.id) && operation.observed !== true)
    .map((operation) => ({
      rule: "stale-operation",
      ...placeOf([], operation.id),
      message: `${callText(operation)} is in operations.json as ${operation.id}, and nothing in the bundle sends it.`,
      fix: `Run \`govern import ${bundlePath}\` and commit operations.json without it.`,
      operation: operation.id,
    }));
}
