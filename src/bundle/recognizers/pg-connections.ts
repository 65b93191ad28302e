/** What the members of node-postgres's pools and clients do, and of those of drivers that are made of it. */
import type { ConnectionDriver } from "./connection-clients.ts";

const quiet =
  "end release on once off removeListener totalCount idleCount waitingCount ended " +
  "options database user host port processID escapeIdentifier escapeLiteral ref unref";

export const pgPool: ConnectionDriver = {
  sends: new Set(["query"]),
  connects: new Set(["connect"]),
  quiet: new Set(quiet.split(" ")),
};

/** A client connects itself, and gives nothing. */
export const pgClient: ConnectionDriver = {
  ...pgPool,
  connects: new Set(),
  quiet: new Set([...pgPool.quiet, "connect"]),
};
