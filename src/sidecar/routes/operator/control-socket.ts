/**
 * The control socket: the operator's API for the commands on this machine. The file system says who may connect (mode
 * 0600); the principal is the person that `identity.local` names for the socket's owner. Must not listen on a network.
 */
import { newCorrelation } from "../../correlation.ts";
import { chmodSync, rmSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { connect } from "node:net";
import { userInfo } from "node:os";
import type { Workspace } from "../../../contract/workspace.ts";
import { GovernError } from "../../../errors/govern-error.ts";
import type { Principal } from "../../approvals/attempt.ts";
import {
  createHardenedServer,
  readBodyBytes,
  requestHead,
  writeAnswer,
} from "../../http-server.ts";
import { devIssuer, type People, type Person } from "../../identity/people.ts";
import type { Snapshot } from "../../snapshot.ts";
import { refuseRequest } from "../refuse-request.ts";
import { answerOperator, type OperatorApiOptions } from "./operator-api.ts";

export interface ControlSocketOptions extends OperatorApiOptions {
  readonly path: string;
  readonly dev: boolean;
  readonly people: People;
  snapshot(): Snapshot;
}

/** The person behind the OS account that runs the sidecar. */
function localPerson(workspace: Workspace): Person | null {
  const local = workspace.identity?.local ?? {};
  const { username } = userInfo();
  const person = Object.hasOwn(local, username) ? local[username] : undefined;
  return person === undefined ? null : { ...person, groups: [] };
}

type Named =
  | { readonly ok: true; readonly person: Person | null }
  | { readonly ok: false; readonly detail: string };

/** Whom a call speaks for: `--as` names a user of `identity.dev`, under `--dev` alone. */
function personOf(options: ControlSocketOptions, as: string | undefined): Named {
  if (as === undefined) {
    return { ok: true, person: localPerson(options.snapshot().workspace) };
  }
  if (!options.dev) return { ok: false, detail: "--as speaks to a --dev sidecar only." };
  const groups = options.people.groupsNow({ subject: as, issuer: devIssuer, groups: [] });
  return groups === undefined
    ? { ok: false, detail: "identity.dev names no such user." }
    : { ok: true, person: { subject: as, issuer: devIssuer, groups } };
}

function toPrincipal(snapshot: Snapshot, person: Person | null): Principal | null {
  if (person === null) return null;
  const { subject, issuer } = person;
  return { subject, issuer, groups: snapshot.rules.groupsOf(person), session: null };
}

async function handle(
  options: ControlSocketOptions,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const correlation = newCorrelation();
  const body = await readBodyBytes(message);
  const request = { ...requestHead(message), body: body ?? new Uint8Array() };
  const named = personOf(options, request.headers.get("govern-as"));
  if (body === undefined || !named.ok) {
    const refusal = named.ok
      ? ({ code: "too-large", detail: "The request's body is too large." } as const)
      : ({ code: "no-principal", detail: named.detail } as const);
    const refused = { at: "control", request, refusal, correlation } as const;
    writeAnswer(message, response, await refuseRequest(options.store, refused));
    return;
  }
  const principal = toPrincipal(options.snapshot(), named.person);
  const call = { request, principal, seesAll: true, correlation };
  writeAnswer(message, response, await answerOperator(options, call));
}

/** Whether somebody answers on a socket. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const end = (alive: boolean): void => {
      probe.destroy();
      resolve(alive);
    };
    probe.once("connect", () => end(true));
    probe.once("error", () => end(false));
  });
}

/** A socket's path is limited by the system (sun_path, unix(7)). */
const longestPath = process.platform === "linux" ? 107 : 103;

/** Opens the socket. One that another sidecar answers on is a GovernError `sidecar-running`; a dead one is replaced. */
export async function openControlSocket(options: ControlSocketOptions): Promise<Server> {
  if (Buffer.byteLength(options.path) > longestPath) {
    throw new GovernError("store-failed", `${options.path} is too long for a socket.`, {
      next: `Move the workspace: the path may have ${longestPath} bytes.`,
    });
  }
  if (await isAlive(options.path)) {
    throw new GovernError("sidecar-running", `Another sidecar answers on ${options.path}.`, {
      next: "Stop it first: one workspace has one sidecar.",
    });
  }
  rmSync(options.path, { force: true });
  const server = createHardenedServer({
    handle: (message, response) => handle(options, message, response),
    onFault: options.onFault,
  });
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(options.path, resolve);
    });
  } finally {
    process.umask(before);
  }
  chmodSync(options.path, 0o600);
  return server;
}
