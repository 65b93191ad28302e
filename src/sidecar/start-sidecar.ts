/** Starts a sidecar: load and check the workspace, open store and resources, listen, and end it all in reverse. */
import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { GovernError } from "../errors/govern-error.ts";
import type { Channel } from "./approvals/notifications/channel.ts";
import { startNotifier } from "./approvals/notifications/notifier.ts";
import { openChannels } from "./approvals/notifications/open-channels.ts";
import { startUpkeep } from "./approvals/upkeep.ts";
import { assemble, type Assembly } from "./assemble.ts";
import { assembleIdentity } from "./assemble-identity.ts";
import { redactEntry } from "./audit/prepare-entry.ts";
import { redactionOf } from "./audit/redaction.ts";
import { buildSnapshot } from "./build-snapshot.ts";
import { createClosers, type Closers } from "./closers.ts";
import { compileRules } from "./compile-rules.ts";
import { uncoveredWrites, unmappedOperations } from "./coverage.ts";
import { describeFault, type OnFault } from "./faults.ts";
import { createHosts, type Hosts } from "./hosts.ts";
import { openAssertions, type Assertions } from "./identity/assertions.ts";
import { checkIdentity } from "./identity/check-identity.ts";
import { steadyClock, type Clock } from "./identity/clock.ts";
import { loadKey } from "./identity/keys.ts";
import { createPeople, type People } from "./identity/people.ts";
import type { Classify } from "./learning/suggest-statement.ts";
import { startLearning } from "./learning/learning.ts";
import { listen, stopListening } from "./listening.ts";
import { loadWorkspace, type LoadedWorkspace } from "./load-workspace.ts";
import { closeResources, openResources } from "./open-resources.ts";
import { createAppListener, type ServedApp } from "./routes/app/app-listener.ts";
import { createStaticFiles } from "./routes/app/static-files.ts";
import { openControlSocket } from "./routes/operator/control-socket.ts";
import type { OperatorApiOptions } from "./routes/operator/operator-api.ts";
import { createOperatorListener } from "./routes/operator/operator-listener.ts";
import { openSecrets } from "./secrets.ts";
import type { Snapshot } from "./snapshot.ts";
import { openStateFolder, type StateFolder } from "./state-folder.ts";
import { openSqliteStore } from "./store/sqlite/sqlite-store.ts";
import type { Store } from "./store/store.ts";
import { configEntry, startEntry, stopEntry } from "./system-entry.ts";

/** Milliseconds that requests under way get when the sidecar stops. */
const grace = 10_000;

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

/** The bundled program has the store's writer beside it under a name of its own. */
function bundledWriter(): URL | undefined {
  const beside = new URL("./store-writer.mjs", import.meta.url);
  return existsSync(beside) ? beside : undefined;
}

interface Opened {
  readonly snapshot: Snapshot;
  readonly store: Store;
  readonly people: People;
  readonly folder: StateFolder;
  readonly assembly: Assembly;
  readonly assertions: Assertions;
  readonly channels: readonly Channel[];
  readonly log: (line: string) => void;
  readonly onFault: OnFault;
}

function openStore(
  options: SidecarOptions,
  { workspace, apps }: LoadedWorkspace,
  folder: StateFolder,
): Promise<Store> {
  const key = loadKey(folder.storeKey);
  const redaction = redactionOf(apps, workspace.audit?.redact ?? []);
  const writer = options.storeWriter ?? bundledWriter();
  return openSqliteStore({
    path: folder.storeFile,
    key,
    ...(writer === undefined ? {} : { writer }),
    prepare: (entry) => redactEntry(entry, redaction(entry), key),
  });
}

/** Loads, checks and opens everything that does not listen. */
async function open(
  options: SidecarOptions,
  log: (line: string) => void,
  closers: Closers,
): Promise<Opened> {
  const { workspaceDir } = options;
  const loaded = loadWorkspace(workspaceDir, options.governedDir ?? join(workspaceDir, "governed"));
  checkLearning(options);
  checkDev(options);
  checkIdentity(loaded.workspace, loaded.locate, options.dev);
  const rules = compileRules(loaded);
  const folder = openStateFolder(workspaceDir);
  const { secretsFile } = folder;
  const secrets = openSecrets({ workspaceDir, secretsFile, env: process.env });
  const channels = openChannels(loaded.workspace, secrets);
  const assertions = await openAssertions(folder.assertionKey);
  const { workspace } = loaded;
  const resources = await openResources({ workspace, workspaceDir, secrets, assertions });
  closers.add(() => closeResources(resources));
  const snapshot = buildSnapshot(loaded, rules, resources);
  const store = await openStore(options, loaded, folder);
  closers.add(() => store.close());
  const people = createPeople(loaded.workspace, options.dev);
  for (const { ended, groups, groupsAt, ...person } of await store.sessions()) {
    people.learn({ ...person, groups: ended === "refused" ? undefined : groups }, groupsAt);
  }
  const now = options.now ?? steadyClock();
  const onFault: OnFault = (error, about) => log(describeFault(error, about));
  const learning =
    options.learn === true
      ? startLearning({
          file: folder.learnedFile,
          classify: options.classify,
          onLearned: (line) => log(`learned ${line}`),
        })
      : undefined;
  const assembly = assemble({
    learning,
    store,
    people,
    signInOf: assembleIdentity({
      workspace: loaded.workspace,
      dev: options.dev,
      people,
      store,
      sessionKey: loadKey(folder.sessionKey),
      secrets,
      now,
      onFault: (error) => onFault(error, null),
    }),
    snapshot: () => snapshot,
    onFault,
  });
  return { snapshot, store, people, folder, assembly, assertions, channels, log, onFault };
}

interface Listening {
  readonly port: number;
  readonly operatorPort: number;
}

/** Opens both listeners and the control socket. Until `hosts` is given every host is unknown. */
async function openListeners(
  options: SidecarOptions,
  opened: Opened,
  wiring: { readonly hosts: () => Hosts | undefined; readonly closers: Closers },
): Promise<Listening> {
  const { snapshot, store, people, folder, assembly, onFault } = opened;
  const { hosts, closers } = wiring;
  const served = serveApps(opened);
  const appServer = createAppListener({
    snapshot: () => snapshot,
    store,
    pipeline: assembly.pipeline,
    onFault,
    appOf(header) {
      const found = hosts()?.appOf(header);
      const app = found === undefined ? undefined : served.get(found.name);
      return found === undefined || app === undefined ? undefined : { app, origin: found.origin };
    },
  });
  const api = operatorApi(options, opened, hosts);
  const operatorServer = createOperatorListener({
    ...api,
    snapshot: () => snapshot,
    signIn: assembly.operatorSignIn,
    originOf: (header) => hosts()?.operatorOriginOf(header),
    assertionKeys: opened.assertions.keys,
    isReady: () => hosts() !== undefined,
  });
  const { host } = options;
  const port = await listen(appServer, { host, port: options.port, option: "--port" });
  closers.add(() => stopListening(appServer, grace));
  const operatorAt = { host, port: options.operatorPort, option: "--operator-port" };
  const operatorPort = await listen(operatorServer, operatorAt);
  closers.add(() => stopListening(operatorServer, grace));
  const path = folder.controlSocket;
  const socket = await openControlSocket({
    ...api,
    path,
    dev: options.dev,
    people,
    snapshot: () => snapshot,
  });
  closers.add(async () => {
    await stopListening(socket, grace);
    rmSync(path, { force: true });
  });
  return { port, operatorPort };
}

function serveApps({ snapshot, assembly }: Opened): ReadonlyMap<string, ServedApp> {
  const served = new Map<string, ServedApp>();
  for (const app of snapshot.apps.values()) {
    const signIn = assembly.signIns.get(app.name);
    const secure = snapshot.workspace.apps?.[app.name]?.url?.startsWith("https:") === true;
    if (signIn !== undefined) {
      served.set(app.name, { name: app.name, files: createStaticFiles(app, secure), signIn });
    }
  }
  return served;
}

function operatorApi(
  { dev }: SidecarOptions,
  { snapshot, store, assembly, onFault }: Opened,
  hosts: () => Hosts | undefined,
): OperatorApiOptions {
  return {
    store,
    executor: assembly.executor,
    onFault,
    approversOf(record) {
      const gate = assembly.approvedCalls.gateNow(record);
      return gate?.required === true ? gate.approvers : record.approvers;
    },
    status: () => ({
      dev,
      operatorUrl: hosts()?.operatorUrl ?? "",
      apps: [...snapshot.apps.values()].map(({ name, build, operations }) => {
        return { name, url: hosts()?.urlOf(name) ?? "", build, operations: operations.size };
      }),
    }),
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
  const { snapshot, store, assembly } = opened;
  let hosts: Hosts | undefined;
  // Ends after the listeners and before the store: calls under way and the stop itself are still recorded.
  closers.add(async () => {
    await assembly.executor.stop();
    if (hosts !== undefined) await store.append(stopEntry(snapshot));
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
  await store.append(configEntry(snapshot));
  await assembly.executor.start();
  closers.add(startUpkeep({ store, onFault: (error) => opened.onFault(error, null) }));
  closers.add(notify(opened, ready.operatorUrl));
  hosts = ready;
  let closing: Promise<void> | undefined;
  return {
    url: (app) => ready.urlOf(app),
    operatorUrl: ready.operatorUrl,
    port,
    operatorPort,
    apps: [...snapshot.apps.keys()],
    warnings: [...uncoveredWrites(snapshot), ...unmappedOperations(snapshot)],
    close: () => (closing ??= closers.closeAll()),
  };
}
