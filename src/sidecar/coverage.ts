/** What the workspace leaves open: writes that nobody can release, operations without a resource, assets that no page gets. */
import { originId } from "../contract/operation-id.ts";
import type { Operation } from "../contract/operation.ts";
import { unreleasableWrites } from "../policy/check-approvals.ts";
import { compileWorkspaceRules } from "../policy/workspace-rules.ts";
import type { AppSnapshot, Snapshot } from "./snapshot.ts";

/** One warning per app that has such writes. */
export function uncoveredWrites({ workspace, apps }: Snapshot, time: Date): readonly string[] {
  const operations = new Map(
    [...apps.values()].map((app) => [
      app.name,
      [...app.operations.values()].map((one) => one.operation),
    ]),
  );
  const found = unreleasableWrites(compileWorkspaceRules(workspace, operations), time);
  return [...found].map(([app, ids]) => {
    const what = ids.length === 1 ? "write is" : "writes are";
    return `${app}: ${ids.length} ${what} held and nobody can release them, for no approval rule matches: ${ids.join(", ")}`;
  });
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

/** What govern.yaml can allow a page to take from elsewhere. */
const allowable = ["img", "font", "style", "media", "frame"] as const;
type Allowable = (typeof allowable)[number];

function isAllowed({ page }: AppSnapshot, kind: Allowable, origin: string): boolean {
  return (page?.[kind] ?? []).some(({ origin: allowed }) => {
    const [scheme = "", host = ""] = allowed.split("//*.");
    return (
      allowed === origin ||
      (host !== "" && origin.startsWith(scheme) && origin.endsWith(`.${host}`))
    );
  });
}

/** One warning per app and kind of asset that its files take from elsewhere and its page's policy blocks. */
export function blockedAssets({ apps }: Snapshot): readonly string[] {
  return [...apps.values()].flatMap((app) =>
    allowable.flatMap((kind) => {
      const origins = app.external
        .filter((one) => one.kind === kind && !isAllowed(app, kind, one.origin))
        .map(({ origin }) => origin);
      if (origins.length === 0) return [];
      const from = [...new Set(origins)].toSorted().join(", ");
      return [
        `${app.name}: its pages get no ${kind} from ${from}; allow what is meant under apps.${app.name}.page.${kind}, with the reason`,
      ];
    }),
  );
}
