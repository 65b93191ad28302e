/** Starts a sidecar: load and check the workspace, open store and resources, listen, and end it all in reverse. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { GovernError } from "../errors/govern-error.ts";
import { createChanges } from "./approvals/changes.ts";
import type { Channel } from "./approvals/notifications/channel.ts";
import { startNotifier } from "./approvals/notifications/notifier.ts";
import { openChannels } from "./approvals/notifications/open-channels.ts";
import { startUpkeep } from "./approvals/upkeep.ts";
import { assemble } from "./assemble.ts";
import { assembleIdentity } from "./assemble-identity.ts";
import { capEntry, redactEntry } from "./audit/prepare-entry.ts";
import { redactSecrets } from "./audit/secrets-rules.ts";
import { createClosers, type Closers } from "./closers.ts";
import { blockedAssets, uncoveredWrites, unmappedOperations } from "./coverage.ts";
import { describeFault, type OnFault } from "./faults.ts";
import { createHosts, type Hosts } from "./hosts.ts";
import type { Patience } from "./http-server.ts";
import { openAssertions } from "./identity/assertions.ts";
import { checkIdentity } from "./identity/check-identity.ts";
import { steadyClock, type Clock } from "./identity/clock.ts";
import { loadKey } from "./identity/keys.ts";
import { createPeople, type People } from "./identity/people.ts";
import type { Classify } from "./learning/suggest-statement.ts";
import { startLearning, type Learning } from "./learning/learning.ts";
import { openListeners, type ListenerParts } from "./open-listeners.ts";
import { openTrail, startTrail } from "./open-trail.ts";
import { openSecrets, type Secrets } from "./secrets.ts";
import type { Snapshot } from "./snapshot.ts";
import { openStateFolder, type StateFolder } from "./state-folder.ts";
import { deriveKey } from "./store/sealing.ts";
import { openSqliteStore } from "./store/sqlite/sqlite-store.ts";
import type { Store } from "./store/store.ts";
import { watchFiles } from "./watch-files.ts";
import { WorkspaceVersions } from "./workspace-versions.ts";
import { configEntry, startEntry, stopEntry } from "./system-entry.ts";

export interface SidecarOptions {
  /** The folder of govern.yaml. */
  readonly workspaceDir: string;
  /** Default: `governed` in the workspace. */
  readonly governedDir?: string;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly operatorPort: number;
  /** Local sign-in; loopback only. */
  readonly dev: boolean;
  /** Collects refused calls that no operation explains as suggestions in `.govern/learned.yaml`; under `dev` alone. */
  readonly learn?: boolean;
  /** Judges the statements that `learn` suggests; without it none are. The sidecar has no parser of its own. */
  readonly classify?: Classify;
  /** Told of faults that no answer can carry. */
  readonly log?: (line: string) => void;
  /** The clock of sessions and tokens; default: the machine's, which never goes back. */
  readonly now?: Clock;
  /** How long the app listener waits for whoever connects; the default is meant for all but tests. */
  readonly patience?: Patience;
  /** The store's writer script, where it does not stand beside the program. */
  readonly storeWriter?: URL;
}

export interface RunningSidecar {
  /** The address of an app. */
  url(app: string): string;
  readonly operatorUrl: string;
  readonly port: number;
  readonly operatorPort: number;
  readonly apps: readonly string[];
  /** What a person should know before relying on it. */
  readonly warnings: readonly string[];
  /** Takes the version of the workspace on disk, as SIGHUP asks; a bad one changes nothing and is told of. */
  reload(): Promise<"taken" | "same" | "rejected">;
  /** Lets calls under way end, records the stop, and closes everything. */
  close(): Promise<void>;
}

const loopback = new Set(["127.0.0.1", "::1", "localhost"]);

function checkLearning({ dev, learn }: SidecarOptions): void {
  if (learn !== true || dev) return;
  throw new GovernError("usage", "--learn is for trying an app out, under --dev alone.", {
    next: "Run govern serve --dev --learn on your own machine.",
  });
}

function checkDev({ dev, host }: SidecarOptions): void {
  if (!dev || loopback.has(host)) return;
  throw new GovernError("usage", `--dev listens on this machine only, not on ${host}.`, {
    next: "Leave --host out; for other machines configure identity.oidc and drop --dev.",
  });
}

function checkOptions(options: SidecarOptions): void {
  checkLearning(options);
  checkDev(options);
}

/** The bundled program has the store's writer beside it under a name of its own. */
function bundledWriter(): URL | undefined {
  const beside = new URL("./store-writer.mjs", import.meta.url);
  return existsSync(beside) ? beside : undefined;
}

interface Opened extends ListenerParts {
  readonly channels: readonly Channel[];
  readonly log: (line: string) => void;
}

function openStore(
  options: SidecarOptions,
  versions: WorkspaceVersions,
  parts: Pick<Opened, "folder" | "changes"> & { readonly known: ReadonlySet<string> },
): Promise<Store> {
  const { folder, known, changes } = parts;
  const key = loadKey(folder.storeKey);
  const redactionKey = deriveKey(key, "redaction");
  const rules = { key: redactionKey, values: () => known };
  const writer = options.storeWriter ?? bundledWriter();
  return openSqliteStore({
    path: folder.storeFile,
    key,
    ...(writer === undefined ? {} : { writer }),
    onApproval: (approval) => changes.tell(approval),
    prepare: (entry) =>
      redactSecrets(capEntry(redactEntry(entry, versions.redaction(entry), redactionKey)), rules),
  });
}

function openLearning(
  { learn, classify }: SidecarOptions,
  { learnedFile }: StateFolder,
  log: (line: string) => void,
): Learning | undefined {
  if (learn !== true) return undefined;
  return startLearning({
    file: learnedFile,
    classify,
    onLearned: (line) => log(`learned ${line}`),
  });
}

function openVersions(
  { workspaceDir, governedDir = join(workspaceDir, "governed"), dev }: SidecarOptions,
  parts: Pick<Parameters<typeof WorkspaceVersions.open>[0], "openSecrets" | "assertions" | "log">,
): Promise<WorkspaceVersions> {
  return WorkspaceVersions.open({ workspaceDir, governedDir, ...parts }, ({ workspace, locate }) =>
    checkIdentity(workspace, locate, dev),
  );
}

/** The people of the workspace, with what the sessions of before say of their groups. */
async function knownPeople(
  { dev }: SidecarOptions,
  workspace: Snapshot["workspace"],
  store: Store,
): Promise<People> {
  const people = createPeople(workspace, dev);
  for (const { ended, groups, groupsAt, ...person } of await store.sessions()) {
    people.learn({ ...person, groups: ended === "refused" ? undefined : groups }, groupsAt);
  }
  return people;
}

interface SecretsOfVersions {
  /** For the next version of the workspace. */
  readonly readSecrets: () => Secrets;
  /** Of all versions: what the one before resolved is not recorded by calls of this one either. */
  readonly known: ReadonlySet<string>;
}

function secretsOf(workspaceDir: string, { secretsFile }: StateFolder): SecretsOfVersions {
  const known = new Set<string>();
  const { env } = process;
  return { known, readSecrets: () => openSecrets({ workspaceDir, secretsFile, env, known }) };
}

/** Loads, checks and opens everything that does not listen. */
async function open(
  options: SidecarOptions,
  log: (line: string) => void,
  closers: Closers,
): Promise<Opened> {
  const { workspaceDir } = options;
  checkOptions(options);
  const folder = openStateFolder(workspaceDir);
  const { readSecrets, known } = secretsOf(workspaceDir, folder);
  const assertions = await openAssertions(folder.assertionKey);
  const versions = await openVersions(options, { openSecrets: readSecrets, assertions, log });
  closers.add(() => versions.close());
  const { workspace } = versions.snapshot;
  const secrets = readSecrets();
  const channels = openChannels(workspace, secrets);
  const changes = createChanges();
  const store = await openStore(options, versions, { changes, folder, known });
  closers.add(() => store.close());
  const people = await knownPeople(options, workspace, store);
  const now = options.now ?? steadyClock();
  const onFault: OnFault = (error, about) => log(describeFault(error, about));
  const trail = await openTrail({
    workspace,
    workspaceDir,
    store,
    resolve: (text, place) => secrets.resolve(text, place),
    print: log,
    onFault,
  });
  const assembly = assemble({
    learning: openLearning(options, folder, log),
    store,
    people,
    signInOf: assembleIdentity({
      workspace,
      dev: options.dev,
      people,
      store,
      sessionKey: loadKey(folder.sessionKey),
      secrets,
      now,
      onFault: (error) => onFault(error, null),
    }),
    snapshot: () => versions.snapshot,
    onFault,
  });
  return {
    versions,
    store,
    people,
    folder,
    assembly,
    assertions,
    channels,
    trail,
    changes,
    log,
    onFault,
  };
}

/**
 * Starts the sidecar of a workspace. When it resolves, both origins and the control socket answer, and the start is
 * recorded. Throws a GovernError that names the place and the next step; nothing is left open then.
 *
 * @example
 * const sidecar = await startSidecar({ workspaceDir: ".", host: "127.0.0.1", port: 4000, operatorPort: 4001, dev: true });
 * console.log(sidecar.url("support-console"));
 */
export async function startSidecar(options: SidecarOptions): Promise<RunningSidecar> {
  const log = options.log ?? (() => undefined);
  const closers = createClosers((error) => log(describeFault(error, null)));
  try {
    const opened = await open(
      { ...options, workspaceDir: resolve(options.workspaceDir) },
      log,
      closers,
    );
    return await start(options, opened, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

function notify(
  { store, channels, log, onFault }: Opened,
  operatorUrl: string,
): () => Promise<void> {
  const told = (error: unknown): void => onFault(error, null);
  return startNotifier({ store, channels, operatorUrl, log, onFault: told });
}

async function start(
  options: SidecarOptions,
  opened: Opened,
  closers: Closers,
): Promise<RunningSidecar> {
  const { versions, store, assembly, trail } = opened;
  const { snapshot } = versions;
  let hosts: Hosts | undefined;
  let stopTrail: (() => Promise<void>) | undefined;
  // Ends after the listeners and before the store: calls under way and the stop itself are still recorded.
  closers.add(async () => {
    await assembly.executor.stop();
    if (hosts === undefined) return;
    await store.append(stopEntry(versions.snapshot));
    await stopTrail?.();
  });
  const wiring = { hosts: () => hosts, closers };
  const { port, operatorPort } = await openListeners(options, opened, wiring);
  const ready = createHosts({
    workspace: snapshot.workspace,
    dev: options.dev,
    port,
    operatorPort,
  });
  opened.assertions.issuer = ready.operatorUrl;
  await store.append(startEntry(snapshot, options.dev));
  await store.append(configEntry(snapshot, versions.status().file));
  const { onFault } = opened;
  const workspaceDir = resolve(options.workspaceDir);
  stopTrail = await startTrail(trail, { store, snapshot, workspaceDir, onFault });
  await assembly.executor.start();
  closers.add(startUpkeep({ store, onFault: (error) => opened.onFault(error, null) }));
  closers.add(notify(opened, ready.operatorUrl));
  hosts = ready;
  closers.add(watchFiles(versions.files, () => void versions.reload(store)));
  let closing: Promise<void> | undefined;
  return {
    url: (app) => ready.urlOf(app),
    operatorUrl: ready.operatorUrl,
    port,
    operatorPort,
    apps: [...snapshot.apps.keys()],
    warnings: [
      ...uncoveredWrites(snapshot, new Date()),
      ...unmappedOperations(snapshot),
      ...blockedAssets(snapshot),
      ...trail.warnings,
    ],
    reload: () => versions.reload(store),
    close: () => (closing ??= closers.closeAll()),
  };
}
