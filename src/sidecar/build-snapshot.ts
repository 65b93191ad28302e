/** Puts rules, operations and resources together into the snapshot that calls see. */
import { resourceKeys } from "../policy/catalog.ts";
import type { LoadedWorkspace } from "./load-workspace.ts";
import type { Rules } from "./rules.ts";
import { buildApp, type AppSnapshot, type Resource, type Snapshot } from "./snapshot.ts";

/** The snapshot of a loaded workspace. Operations without a mapped resource have none: their calls are refused. */
export function buildSnapshot(
  { workspace, apps }: LoadedWorkspace,
  rules: Rules,
  resources: ReadonlyMap<string, Resource>,
): Snapshot {
  const built = new Map<string, AppSnapshot>();
  for (const files of apps) {
    const rule = workspace.apps?.[files.name];
    const mapped = new Map(Object.entries(rule?.resources ?? {}));
    const app = buildApp({
      ...files,
      page: rule?.page,
      telemetry: new Set(
        files.origins
          .filter(({ class: kind, origin }) => kind === "telemetry" && !mapped.has(origin))
          .map(({ id }) => id),
      ),
      accessOf: (operation) => rules.accessOf(files.name, operation),
      resourceOf(operation) {
        const name = resourceKeys(operation)
          .map((key) => mapped.get(key))
          .find((found) => found !== undefined);
        return name === undefined ? null : (resources.get(name) ?? null);
      },
    });
    built.set(files.name, app);
  }
  return { workspace, rules, apps: built };
}
