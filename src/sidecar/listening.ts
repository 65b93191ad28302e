/** Opens and ends listeners. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { GovernError } from "../errors/govern-error.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
  /** The option that changes the port, for the message. */
  readonly option: string;
}

/** Listens; gives the port. A taken port is a GovernError `port-in-use`. */
export function listen(server: Server, { host, port, option }: Place): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const code = "code" in error ? error.code : undefined;
      if (code !== "EADDRINUSE" && code !== "EACCES") {
        reject(error);
        return;
      }
      reject(
        new GovernError("port-in-use", `Port ${port} on ${host} cannot be used.`, {
          next: `Stop what listens there, or choose another with ${option}.`,
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Takes no more connections, lets requests under way end, and cuts what is left after the grace time. */
export async function stopListening(server: Server, grace: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A page that polls keeps its connection busy again and again: each is ended when it is between two requests.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const timer = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearTimeout(timer);
  clearInterval(idle);
}
