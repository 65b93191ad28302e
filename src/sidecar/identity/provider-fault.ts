/** What went wrong with the identity provider: out of reach, or an answer that cannot be taken. Tells no secret. */

interface Fault {
  readonly name: string;
  readonly code: string;
  readonly status: number;
  readonly error: string;
  readonly cause: unknown;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function factsOf(thrown: unknown): Fault {
  const fault: Partial<Record<keyof Fault, unknown>> =
    typeof thrown === "object" && thrown !== null ? thrown : {};
  const { cause } = fault;
  const status = cause instanceof Response ? cause.status : fault.status;
  return {
    name: textOf(fault.name),
    code: textOf(fault.code),
    status: typeof status === "number" ? status : 0,
    error: textOf(fault.error),
    cause,
  };
}

const passing = new Set(["temporarily_unavailable", "server_error"]);
const network = /^(?:OAUTH_TIMEOUT|ERR_JWKS_TIMEOUT|UND_ERR_[A-Z_]+|E[A-Z]{3,}[A-Z_]*)$/;

/** Whether the provider did not answer, or said that it cannot now: asking again later may help. */
export function isUnreachable(thrown: unknown): boolean {
  const { name, code, status, error, cause } = factsOf(thrown);
  if (name === "TimeoutError" || name === "AbortError" || status >= 500 || status === 429)
    return true;
  if (passing.has(error)) return true;
  if (name === "TypeError" || name === "ClientError") {
    return (
      network.test(code) || (cause instanceof Error && cause !== thrown && isUnreachable(cause))
    );
  }
  return network.test(code);
}

/** Texts of codes that openid-client gives; what it says itself may hold values of the answer. */
const told: Readonly<Record<string, string>> = {
  OAUTH_TIMEOUT: "it did not answer in time",
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: "a claim of the ID token is not the one that was asked for",
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: "the ID token is not valid at this time",
  OAUTH_INVALID_RESPONSE: "its answer is not a valid one",
  OAUTH_INVALID_SIGNATURE: "the ID token's signature does not verify",
  OAUTH_KEY_SELECTION_FAILED: "no published key made the ID token",
  OAUTH_PARSE_ERROR: "its answer cannot be read",
  OAUTH_RESPONSE_IS_NOT_CONFORM: "its answer is not a valid one",
  OAUTH_RESPONSE_IS_NOT_JSON: "its answer is not JSON",
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: "it names another issuer than identity.oidc does",
  OAUTH_HTTP_REQUEST_FORBIDDEN: "it has addresses without TLS",
};

/** The kind of a fault in a few words, e.g. `invalid_grant`, for answers and the trail. */
export function tellFault(thrown: unknown): string {
  const { code, status, error, cause } = factsOf(thrown);
  if (/^[a-z_]{1,40}$/.test(error)) return `it said ${error}`;
  const known = told[code];
  if (known !== undefined) return known;
  if (status >= 300) return `it answered ${status}`;
  if (cause instanceof Error && cause !== thrown) return tellFault(cause);
  return isUnreachable(thrown) ? "it cannot be reached" : "its answer cannot be used";
}
