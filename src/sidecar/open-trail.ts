/** Opens what keeps the trail honest beside the store: the key that signs its checkpoints, their rhythm, their anchors. */
import { resolve as resolvePath } from "node:path";
import { parseDuration } from "../contract/duration.ts";
import type { Workspace } from "../contract/workspace.ts";
import { openAnchors, type AnchorOptions } from "./audit/anchors.ts";
import { Checkpointing } from "./audit/checkpointing.ts";
import { recordedKeys } from "./audit/recorded-keys.ts";
import { startArchiving } from "./audit/archive.ts";
import { keyText, type NoteSigner } from "./audit/signed-note.ts";
import { openSigningKey } from "./audit/signing-key.ts";
import type { OnFault } from "./faults.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Store } from "./store/store.ts";
import { archivedEntry, keyEntry } from "./system-entry.ts";

const defaultEntries = 1000;
const defaultInterval = "1m";

export interface Trail {
  /** Undefined where there is no key to sign with. */
  readonly signing:
    | { readonly signer: NoteSigner; readonly checkpointing: Checkpointing }
    | undefined;
  /** What a person should know. */
  readonly warnings: readonly string[];
}

export interface TrailOptions extends AnchorOptions {
  readonly workspace: Workspace;
  readonly store: Store;
  readonly onFault: OnFault;
}

/** Reads key and anchors of the workspace. Faults in them are GovernErrors; nothing is signed or sent yet. */
export async function openTrail(options: TrailOptions): Promise<Trail> {
  const { store, onFault, resolve } = options;
  const audit = options.workspace.audit ?? {};
  const anchors = openAnchors(audit.anchors ?? [], options);
  const configured =
    audit.signingKey === undefined ? undefined : resolve(audit.signingKey, "audit.signingKey");
  const key = openSigningKey((await store.head()).origin, configured);
  if (!key.ok) {
    return {
      signing: undefined,
      warnings: [`The trail's checkpoints are not signed: ${key.why}.`],
    };
  }
  const checkpointing = new Checkpointing({
    store,
    signer: key.signer,
    entries: audit.checkpoints?.entries ?? defaultEntries,
    interval: parseDuration(audit.checkpoints?.interval ?? defaultInterval),
    anchors,
    onFault,
  });
  return { signing: { signer: key.signer, checkpointing }, warnings: [] };
}

/** The keys that the log names, the newest first. */
async function namedKeys(store: Store): Promise<readonly string[]> {
  const entries = await store.entries({ types: ["config"], newestFirst: true, limit: 100_000 });
  return [...new Set(recordedKeys(entries).map(keyText))];
}

interface TrailContext {
  readonly store: Store;
  readonly snapshot: Snapshot;
  readonly workspaceDir: string;
  readonly onFault: OnFault;
}

/**
 * Records the key where it is not the one that signed last, and begins to sign, and to archive what is too old. The
 * returned function ends both, with a last checkpoint.
 */
export async function startTrail(
  { signing }: Trail,
  { store, snapshot, workspaceDir, onFault }: TrailContext,
): Promise<() => Promise<void>> {
  if (signing === undefined) return () => Promise.resolve();
  const key = keyText(signing.signer);
  const [previous = null] = await namedKeys(store);
  if (previous !== key) await store.append(keyEntry(snapshot, key, previous));
  signing.checkpointing.start();
  const rule = snapshot.workspace.audit?.retention;
  const stopArchiving =
    rule === undefined
      ? () => Promise.resolve()
      : startArchiving({
          store,
          folder: resolvePath(workspaceDir, rule.archive),
          keep: parseDuration(rule.keep),
          entry: async (archived) => archivedEntry(snapshot, archived, await namedKeys(store)),
          onFault,
        });
  return async () => {
    await stopArchiving();
    await signing.checkpointing.stop();
  };
}
