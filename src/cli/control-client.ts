/**
 * Talks to the sidecar that runs in this workspace, through the Unix socket in its `.govern/`: the socket's owner is the
 * principal, and `as` speaks for a user of a `--dev` server alone. With `--server` it talks to that one instead, as the
 * person who signed in with `govern login`.
 */
import { request } from "node:http";
import { join } from "node:path";
import { errorCodes, type GovernErrorCode } from "../errors/codes.ts";
import { GovernError } from "../errors/govern-error.ts";
import { requireWorkspaceRoot } from "./workspace-root.ts";

/** The `--server` of the command that runs. */
let remote: string | undefined;

/** Has every later call go to a server's operator origin instead; undefined for the workspace's own socket. */
export function speakTo(server: string | undefined): void {
  remote = server;
}

export interface ControlRequest {
  readonly method?: "GET" | "POST";
  /** Path and query. */
  readonly path: string;
  readonly body?: unknown;
  /** The user to speak for. */
  readonly as?: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function exchange(socketPath: string, call: ControlRequest): Promise<Answer> {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        method: call.method ?? "GET",
        path: call.path,
        headers: {
          host: "localhost",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(call.as === undefined ? {} : { "govern-as": call.as }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString("utf8"),
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

function notRunning(root: string, cause: unknown): GovernError {
  return new GovernError("sidecar-not-running", `No sidecar is running in ${root}.`, {
    next: "Start it with `govern serve` (`govern serve --dev` on your own machine).",
    cause,
  });
}

const ask = "`govern approvals show <id>` says who decides it.";
const told = "`govern approvals show <id>` says how it ended.";

/** What to do about a refusal. */
const nextSteps: Readonly<Partial<Record<GovernErrorCode, string>>> = {
  "own-request": `Somebody else decides: ${ask}`,
  "not-an-approver": ask,
  "already-voted": ask,
  "approval-decided": told,
  "approval-expired": told,
  "justification-missing": "Give --reason, or --note.",
  "ticket-invalid": `Give --ticket: ${ask}`,
  "digest-mismatch": "Show it again, and decide by what it says now.",
  "break-glass-refused": ask,
  "nothing-to-review": "`govern approvals list --unreviewed` shows what is.",
  "own-release": told,
  "outcome-known": told,
  "approval-unknown": "`govern approvals list --state all` shows the ids.",
  unauthenticated: "Sign in again: `govern login --server URL`.",
  "token-invalid": "Sign in again: `govern login --server URL`.",
  "no-principal":
    "Name the person in identity.local of govern.yaml; with a --dev sidecar give --as USER.",
};

function refusal(answer: Answer): GovernError {
  const problem = parse(answer.text) as { code?: unknown; detail?: unknown } | undefined;
  const code = typeof problem?.code === "string" ? problem.code : "internal";
  const known: GovernErrorCode = code in errorCodes ? (code as GovernErrorCode) : "internal";
  const detail = typeof problem?.detail === "string" ? problem.detail : "";
  const next = nextSteps[known];
  const message = detail || `The sidecar answered ${answer.status}.`;
  return new GovernError(known, message, next === undefined ? {} : { next });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ECONNREFUSED";
}

/** The path of a workspace's control socket. */
function controlSocket(root: string): string {
  return join(root, ".govern", "control.sock");
}

async function callSocket(cwd: string, call: ControlRequest): Promise<Answer> {
  const root = requireWorkspaceRoot(cwd);
  try {
    return await exchange(controlSocket(root), call);
  } catch (error) {
    throw isAbsent(error) ? notRunning(root, error) : error;
  }
}

async function callRemote(server: string, call: ControlRequest): Promise<Answer> {
  if (call.as !== undefined) {
    throw new GovernError("usage", "--as speaks to this machine's own --dev sidecar alone.", {
      next: "Leave it out: with --server you decide as the person who signed in.",
    });
  }
  const { callServer } = await import("./remote/remote-client.ts");
  const { as: _as, ...sent } = call;
  return callServer(server, sent);
}

/**
 * Sends one request to the sidecar of the workspace around `cwd`, or to `--server`, and gives its JSON answer. Throws
 * `sidecar-not-running`, `workspace-missing`, or what the sidecar refused with.
 */
export async function callSidecar<T>(cwd: string, call: ControlRequest): Promise<T> {
  const answer =
    remote === undefined ? await callSocket(cwd, call) : await callRemote(remote, call);
  if (answer.status >= 400) throw refusal(answer);
  const value = parse(answer.text);
  if (value === undefined) throw refusal(answer);
  return value as T;
}
