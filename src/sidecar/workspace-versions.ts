/**
 * The version of the workspace that calls are decided by. Another one takes its place as a whole, once it was checked and
 * its entry is durable; one that is not good changes nothing, and is told of. Must not decide anything itself.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, sha256Hex } from "../contract/canonical-json.ts";
import type { Workspace } from "../contract/workspace.ts";
import { GovernError, isGovernError } from "../errors/govern-error.ts";
import { redactionOf } from "./audit/redaction.ts";
import { buildSnapshot } from "./build-snapshot.ts";
import { compileRules } from "./compile-rules.ts";
import { loadWorkspace, type LoadedWorkspace } from "./load-workspace.ts";
import {
  closeResources,
  openResources,
  type OpenedResources,
  type OpenResourcesOptions,
} from "./open-resources.ts";
import type { Secrets } from "./secrets.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Store } from "./store/store.ts";
import { configEntry, rejectedEntry } from "./system-entry.ts";

/** One version, ready to decide. */
interface Version {
  readonly loaded: LoadedWorkspace;
  readonly snapshot: Snapshot;
  readonly redaction: ReturnType<typeof redactionOf>;
  /** When it took its place, RFC 3339. */
  readonly since: string;
  /** The same for the same contents. */
  readonly key: string;
}

/** Which version decides, and whether a later one was turned down. */
export interface ConfigStatus {
  /** Digest of the rules. */
  readonly policy: string;
  /** SHA-256 of govern.yaml. */
  readonly file: string;
  readonly since: string;
  readonly rejected: {
    readonly at: string;
    readonly code: string;
    readonly message: string;
  } | null;
}

export interface VersionsOptions {
  readonly workspaceDir: string;
  readonly governedDir: string;
  /** Read anew for each version. */
  readonly openSecrets: () => Secrets;
  readonly assertions: OpenResourcesOptions["assertions"];
  readonly log: (line: string) => void;
}

/** What a running sidecar cannot change: listeners, hosts, sessions and people were made from it. */
function fixedParts(workspace: Workspace): Readonly<Record<string, string>> {
  const { server, identity, notifications, apps } = workspace;
  const urls = Object.entries(apps ?? {}).map(([name, { url }]) => [name, url ?? null] as const);
  return {
    server: canonicalJson(server ?? {}),
    identity: canonicalJson(identity ?? {}),
    notifications: canonicalJson(notifications ?? {}),
    "the apps or their url": canonicalJson(urls.toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function checkFixed(before: Workspace, after: Workspace): void {
  const [old, now] = [fixedParts(before), fixedParts(after)];
  const changed = Object.keys(now).filter((key) => now[key] !== old[key]);
  if (changed.length === 0) return;
  throw new GovernError("restart-needed", `govern.yaml changes ${changed.join(" and ")}.`, {
    next: "Restart the sidecar to take the new version.",
  });
}

async function makeVersion(
  loaded: LoadedWorkspace,
  { openSecrets, workspaceDir, assertions }: VersionsOptions,
  opened: OpenedResources,
): Promise<Version> {
  const { workspace, apps, digest } = loaded;
  const rules = compileRules(loaded);
  const resources = await openResources(
    { workspace, workspaceDir, secrets: openSecrets(), assertions },
    opened,
  );
  const names = new Map([...opened].map(([key, resource]) => [resource, key]));
  const contents = apps.map(({ name, build, operations }) => [name, build, operations]);
  const connections = [...resources.values()].map((resource) => names.get(resource) ?? "");
  return {
    loaded,
    snapshot: buildSnapshot(loaded, rules, resources),
    redaction: redactionOf(apps, workspace.audit?.redact ?? []),
    since: new Date().toISOString(),
    key: sha256Hex(JSON.stringify([digest, contents, connections])),
  };
}

export class WorkspaceVersions {
  readonly #options: VersionsOptions;
  /** Every resource that was ever opened: a call keeps the connectors of its version until its end. */
  readonly #opened: OpenedResources;
  #current: Version;
  #rejected: ConfigStatus["rejected"] = null;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(options: VersionsOptions, opened: OpenedResources, first: Version) {
    this.#options = options;
    this.#opened = opened;
    this.#current = first;
  }

  /** Loads the first version. Throws a GovernError with its place where it is not good; nothing is left open then. */
  static async open(
    options: VersionsOptions,
    check: (loaded: LoadedWorkspace) => void,
  ): Promise<WorkspaceVersions> {
    const loaded = loadWorkspace(options.workspaceDir, options.governedDir);
    check(loaded);
    const opened: OpenedResources = new Map();
    return new WorkspaceVersions(options, opened, await makeVersion(loaded, options, opened));
  }

  get snapshot(): Snapshot {
    return this.#current.snapshot;
  }

  get redaction(): Version["redaction"] {
    return this.#current.redaction;
  }

  status(): ConfigStatus {
    const { snapshot, loaded, since } = this.#current;
    const rejected = this.#rejected;
    return { policy: snapshot.rules.digest, file: loaded.digest, since, rejected };
  }

  /** The files that a version is made of. */
  get files(): readonly string[] {
    const { workspaceDir, governedDir } = this.#options;
    const apps = [...this.snapshot.apps.keys()].map((name) => join(governedDir, "apps", name));
    return [
      join(workspaceDir, "govern.yaml"),
      ...apps.flatMap((app) => [join(app, "operations.json"), join(app, "build.json")]),
    ];
  }

  /** Takes the version on disk, if it is another and good. One at a time; never rejects. */
  reload(store: Store): Promise<"taken" | "same" | "rejected"> {
    const next = this.#queue.then(() => this.#reload(store));
    this.#queue = next;
    return next;
  }

  async #reload(store: Store): Promise<"taken" | "same" | "rejected"> {
    const { workspaceDir, governedDir, log } = this.#options;
    try {
      const loaded = loadWorkspace(workspaceDir, governedDir);
      checkFixed(this.#current.loaded.workspace, loaded.workspace);
      const version = await makeVersion(loaded, this.#options, this.#opened);
      if (version.key === this.#current.key) {
        this.#rejected = null;
        return "same";
      }
      await store.append(configEntry(version.snapshot, loaded.digest));
      this.#current = version;
      this.#rejected = null;
      log(`govern.yaml: a new version decides from now on, rules ${version.snapshot.rules.digest}`);
      return "taken";
    } catch (error) {
      await this.#reject(store, error);
      return "rejected";
    }
  }

  async #reject(store: Store, error: unknown): Promise<void> {
    const code = isGovernError(error) ? error.code : "internal";
    const message = error instanceof Error ? error.message.slice(0, 500) : "cannot be read";
    this.#rejected = { at: new Date().toISOString(), code, message };
    const next = isGovernError(error) ? ` ${error.next ?? ""}` : "";
    this.#options.log(
      `govern.yaml NOT TAKEN, the old version goes on deciding: ${code}: ${message}${next}`,
    );
    try {
      await store.append(rejectedEntry(this.snapshot, { code, message, file: this.#fileDigest() }));
    } catch {
      this.#options.log("that a version was not taken could not be recorded");
    }
  }

  #fileDigest(): string | null {
    try {
      return sha256Hex(readFileSync(join(this.#options.workspaceDir, "govern.yaml"), "utf8"));
    } catch {
      return null;
    }
  }

  close(): Promise<void> {
    return closeResources(this.#opened);
  }
}
