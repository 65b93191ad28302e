/** Audit entries of the sidecar itself: start, stop, and the rules in force. */
import { newCorrelation } from "./correlation.ts";
import type { NewAuditEntry } from "../contract/audit-entry.ts";
import type { JsonValue } from "../contract/canonical-json.ts";
import type { Snapshot } from "./snapshot.ts";

function systemEntry(
  type: "start" | "stop" | "config",
  decision: JsonValue,
  policy: string,
): NewAuditEntry {
  return {
    type,
    actor: null,
    app: null,
    build: null,
    operation: null,
    arguments: null,
    decision,
    approval: null,
    policy,
    resource: null,
    outcome: null,
    correlation: newCorrelation(),
  };
}

/** What is served under which rules, from now on. `file`: SHA-256 of govern.yaml. */
export function configEntry(snapshot: Snapshot, file: string): NewAuditEntry {
  const apps = Object.fromEntries(
    [...snapshot.apps.values()].map((app) => [
      app.name,
      { build: app.build, operations: app.operations.size },
    ]),
  );
  return systemEntry("config", { file, apps }, snapshot.rules.digest);
}

/** A version of govern.yaml that was turned down; the rules in force stay those of the snapshot. */
export function rejectedEntry(
  snapshot: Snapshot,
  rejected: { readonly code: string; readonly message: string; readonly file: string | null },
): NewAuditEntry {
  return systemEntry("config", { rejected }, snapshot.rules.digest);
}

/** From now on the trail's checkpoints are signed with this key; `previous` is the one before. */
export function keyEntry(snapshot: Snapshot, key: string, previous: string | null): NewAuditEntry {
  return systemEntry("config", { signingKey: key, previous }, snapshot.rules.digest);
}

/** Entries were archived and dropped; all keys that signed are named again, the newest first. */
export function archivedEntry(
  snapshot: Snapshot,
  archived: { readonly [name: string]: JsonValue },
  signingKeys: readonly string[],
): NewAuditEntry {
  const decision = { archived: { ...archived }, signingKeys: [...signingKeys] };
  return systemEntry("config", decision, snapshot.rules.digest);
}

export function startEntry(snapshot: Snapshot, dev: boolean): NewAuditEntry {
  return systemEntry("start", { dev, node: process.version }, snapshot.rules.digest);
}

export function stopEntry(snapshot: Snapshot): NewAuditEntry {
  return systemEntry("stop", null, snapshot.rules.digest);
}
