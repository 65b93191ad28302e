/** Addresses that hold a password: connection strings, and web addresses with a user in front of the host. */
import { isExampleAddress } from "./placeholders.ts";

export interface AddressCredential {
  /** In the text: a connection string as a whole, of a web address the user with its `@`. */
  readonly start: number;
  readonly end: number;
  readonly kind: string;
  readonly value: string;
  /** Of a web address: where it goes. */
  readonly origin: string | null;
}

const address =
  /\b(?<scheme>[a-z][a-z0-9+.-]{1,20}):\/\/(?<user>[^\s:@/"'`<>\\{}]{0,200}):(?<password>[^\s@/"'`<>\\]{1,200})@(?<host>[^\s/?#"'`<>\\,;)]{1,253})(?<rest>[^\s"'`<>\\]{0,1000})/gi;

function addressOf(match: RegExpMatchArray): AddressCredential | null {
  const { scheme = "", user = "", password = "", host = "" } = match.groups ?? {};
  if (isExampleAddress(password, host) || isExampleAddress(user, host)) return null;
  const start = match.index ?? 0;
  if (!/^(?:https?|wss?|ftps?)$/i.test(scheme)) {
    const end = start + match[0].length;
    return { start, end, kind: "connection string", value: match[0], origin: null };
  }
  const value = `${user}:${password}`;
  const from = start + scheme.length + "://".length;
  return {
    start: from,
    end: from + value.length + 1,
    kind: "user and password",
    value,
    origin: `${scheme}://${host}`.toLowerCase(),
  };
}

/** The credentials in the addresses of a text. */
export function addressCredentials(text: string): AddressCredential[] {
  return [...text.matchAll(address)].flatMap((match) => addressOf(match) ?? []);
}
