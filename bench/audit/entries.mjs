// Entries as calls of an app make them: reads and writes of a few people, each call with its own id.
import { newCorrelation } from "../../dist/sidecar/correlation.js";

const people = Array.from({ length: 40 }, (_, at) => ({
  subject: `person${at}@acme.example`,
  issuer: "https://sso.acme.example",
  groups: ["support"],
  session: "5e55ab1d90c4f3e75e55ab1d90c4f3e7",
}));
const digest = "b01dab1e".repeat(8);

/** The nth entry, before the log gives it its place and time. */
export function entryAt(n) {
  const isRead = n % 3 !== 0;
  return {
    type: isRead ? "read" : n % 2 === 0 ? "intent" : "outcome",
    actor: people[n % people.length],
    app: "support-console",
    build: digest,
    operation: isRead ? "get-accounts-1a2b3c" : "post-accounts-credits-3f9a2c",
    arguments: { path: { accountId: String(n % 9000) }, query: {}, headers: {}, body: null },
    decision: { permission: "support-console/read" },
    approval: null,
    policy: digest,
    resource: "billing",
    outcome: { state: "executed", status: 200, bytes: 1234 },
    correlation: newCorrelation(),
  };
}
