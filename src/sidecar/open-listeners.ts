/** Opens what a sidecar listens on: the apps' origins, the operators' origin, and the control socket. */
import { rmSync } from "node:fs";
import type { Changes } from "./approvals/changes.ts";
import type { Assembly } from "./assemble.ts";
import type { Closers } from "./closers.ts";
import type { OnFault } from "./faults.ts";
import type { Hosts } from "./hosts.ts";
import type { Assertions } from "./identity/assertions.ts";
import type { People } from "./identity/people.ts";
import { listen, stopListening } from "./listening.ts";
import type { Trail } from "./open-trail.ts";
import type { Patience } from "./http-server.ts";
import { createAppListener, type ServedApp } from "./routes/app/app-listener.ts";
import { createStaticFiles } from "./routes/app/static-files.ts";
import { openControlSocket } from "./routes/operator/control-socket.ts";
import type { OperatorApiOptions } from "./routes/operator/operator-api.ts";
import { createOperatorListener } from "./routes/operator/operator-listener.ts";
import type { AppSnapshot, Snapshot } from "./snapshot.ts";
import type { StateFolder } from "./state-folder.ts";
import type { Store } from "./store/store.ts";
import type { WorkspaceVersions } from "./workspace-versions.ts";

/** Milliseconds that requests under way get when the sidecar stops. */
const grace = 10_000;

/** What answers the requests. */
export interface ListenerParts {
  readonly versions: WorkspaceVersions;
  readonly store: Store;
  readonly people: People;
  readonly folder: StateFolder;
  readonly assembly: Assembly;
  readonly assertions: Assertions;
  readonly trail: Trail;
  readonly changes: Changes;
  readonly onFault: OnFault;
}

/** Where it listens. */
interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly operatorPort: number;
  readonly dev: boolean;
  /** How long the app listener waits for whoever connects. */
  readonly patience?: Patience;
}

interface Listening {
  readonly port: number;
  readonly operatorPort: number;
}

/** The apps as they are served, by name; what an app was imported from anew is served anew. */
function servedApps({
  versions,
  assembly,
}: ListenerParts): (name: string) => ServedApp | undefined {
  const served = new Map<AppSnapshot, ServedApp>();
  return (name) => {
    const { apps, workspace } = versions.snapshot;
    const [app, signIn] = [apps.get(name), assembly.signIns.get(name)];
    if (app === undefined || signIn === undefined) return undefined;
    const known = served.get(app);
    if (known !== undefined) return known;
    for (const one of served.keys()) if (one.name === name) served.delete(one);
    const secure = workspace.apps?.[name]?.url?.startsWith("https:") === true;
    const fresh = { name, files: createStaticFiles(app, secure), signIn };
    served.set(app, fresh);
    return fresh;
  };
}

function operatorApi(
  { dev }: ListenerOptions,
  { versions, store, assembly, trail, onFault }: ListenerParts,
  hosts: () => Hosts | undefined,
): OperatorApiOptions {
  return {
    store,
    signing: () => trail.signing?.checkpointing.state ?? null,
    executor: assembly.executor,
    onFault,
    subjectOf: (record) => assembly.approvedCalls.subjectOf(record),
    preview: (record) => assembly.approvedCalls.preview(record),
    demandOf: (record) => assembly.approvedCalls.demandOf(record),
    glassOf: (record, principal) => assembly.approvedCalls.glassOf(record, principal),
    status: () => ({
      dev,
      operatorUrl: hosts()?.operatorUrl ?? "",
      config: versions.status(),
      apps: [...versions.snapshot.apps.values()].map(({ name, build, operations }) => {
        return { name, url: hosts()?.urlOf(name) ?? "", build, operations: operations.size };
      }),
    }),
  };
}

/** Opens both listeners and the control socket. Until `hosts` is given every host is unknown. */
export async function openListeners(
  options: ListenerOptions,
  parts: ListenerParts,
  wiring: { readonly hosts: () => Hosts | undefined; readonly closers: Closers },
): Promise<Listening> {
  const { versions, store, people, folder, assembly, onFault } = parts;
  const snapshot = (): Snapshot => versions.snapshot;
  const { hosts, closers } = wiring;
  const served = servedApps(parts);
  const appServer = createAppListener({
    snapshot,
    store,
    pipeline: assembly.pipeline,
    onFault,
    ...(options.patience === undefined ? {} : { patience: options.patience }),
    appOf(header) {
      const found = hosts()?.appOf(header);
      const app = found === undefined ? undefined : served(found.name);
      return found === undefined || app === undefined ? undefined : { app, origin: found.origin };
    },
  });
  const api = operatorApi(options, parts, hosts);
  const operatorServer = createOperatorListener({
    ...api,
    snapshot,
    changes: parts.changes,
    signIn: assembly.operatorSignIn,
    originOf: (header) => hosts()?.operatorOriginOf(header),
    assertionKeys: parts.assertions.keys,
    isReady: () => hosts() !== undefined,
    config: () => versions.status(),
  });
  const { host } = options;
  const port = await listen(appServer, { host, port: options.port, option: "--port" });
  closers.add(() => stopListening(appServer, grace));
  const operatorAt = { host, port: options.operatorPort, option: "--operator-port" };
  const operatorPort = await listen(operatorServer, operatorAt);
  closers.add(() => stopListening(operatorServer, grace));
  // Streams never end by themselves.
  closers.add(async () => parts.changes.end());
  const path = folder.controlSocket;
  const socket = await openControlSocket({
    ...api,
    path,
    dev: options.dev,
    people,
    snapshot,
  });
  closers.add(async () => {
    await stopListening(socket, grace);
    rmSync(path, { force: true });
  });
  return { port, operatorPort };
}
