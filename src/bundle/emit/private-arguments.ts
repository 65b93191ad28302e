/** Arguments that people keep to themselves, by the names of their fields. */
import type { Operation } from "../../contract/operation.ts";

const privateName =
  /passw|passphrase|passcode|^pwd$|^t?otp$|(?:client|shared)_?secret|refresh_?token/i;

/** A path of govern.yaml has dots between names: a name with anything else has none. */
const plainName = /^[A-Za-z_$][\w$]*$/;

function pathsOf(fields: object | undefined, at: string): string[] {
  return Object.keys(fields ?? {})
    .filter((name) => privateName.test(name) && plainName.test(name))
    .map((name) => `arguments.${at}.${name}`);
}

/** Paths of such arguments, as `audit.redact` names them; sorted. */
export function privateArguments(operations: readonly Operation[]): string[] {
  const paths = operations.flatMap((one) => {
    if (one.kind === "graphql") return pathsOf(one.variables, "variables");
    if (one.kind !== "http") return [];
    return [...pathsOf(one.body.fields, "body"), ...pathsOf(one.query.fields, "query")];
  });
  return [...new Set(paths)].toSorted();
}
