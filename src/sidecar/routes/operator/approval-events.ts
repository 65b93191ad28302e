/**
 * `GET /api/approvals/events`: a server-sent event for each approval that the caller may see and that was held or went on.
 * It names the approval and its state; what is in it is asked for. The session is asked again all the while.
 */
import type { ServerResponse } from "node:http";
import type { Changes } from "../../approvals/changes.ts";
import type { OperatorCall } from "./caller.ts";

/** Milliseconds between two looks at the session, which also keep the connection open. */
const beat = 15_000;
const mostStreams = 200;

export interface EventsOptions {
  readonly changes: Changes;
  /** Whether whoever opened the stream may still be told. */
  readonly isStillValid: () => Promise<boolean>;
}

let open = 0;

/** Whether another stream may be opened. */
export function hasRoom(): boolean {
  return open < mostStreams;
}

/** Writes events until the page leaves, the session is over, or the sidecar stops. */
export function streamEvents(
  call: OperatorCall,
  response: ServerResponse,
  { changes, isStillValid }: EventsOptions,
): void {
  const { principal, seesAll } = call;
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.write("retry: 2000\n\n");
  open += 1;
  const stop = changes.listen(
    ({ id, state, requester }) => {
      const isOwn =
        requester.subject === principal?.subject && requester.issuer === principal.issuer;
      if (seesAll || isOwn) response.write(`data: ${JSON.stringify({ id, state })}\n\n`);
    },
    () => response.end(),
  );
  const timer = setInterval(() => {
    isStillValid().then(
      (valid) => (valid ? response.write(": still here\n\n") : response.end()),
      () => response.end(),
    );
  }, beat);
  response.once("close", () => {
    open -= 1;
    stop();
    clearInterval(timer);
  });
}
