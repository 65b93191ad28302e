/** What of which entry is redacted: what the workspace names, and all that is sent to where people sign in. */
import type { Origin } from "../../contract/build.ts";
import type { NewAuditEntry } from "../../contract/audit-entry.ts";
import type { Operation } from "../../contract/operation.ts";

interface App {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly origins: readonly Origin[];
}

/** Passwords and tokens of people: the sign-in itself is evidence, what it carries is not. */
const signInPaths = ["arguments.body", "arguments.query"];

function signInOperations({ name, operations, origins }: App): string[] {
  const auth = new Set(origins.filter((one) => one.class === "auth").map(({ origin }) => origin));
  return operations
    .filter((one) => "origin" in one && auth.has(one.origin))
    .map(({ id }) => `${name}/${id}`);
}

/** Gives the paths to redact in an entry, for redactEntry. */
export function redactionOf(
  apps: readonly App[],
  named: readonly string[],
): (entry: NewAuditEntry) => readonly string[] {
  const signIn = new Set(apps.flatMap(signInOperations));
  const withSignIn = [...named, ...signInPaths];
  return ({ app, operation }) =>
    app !== null && operation !== null && signIn.has(`${app}/${operation}`) ? withSignIn : named;
}
