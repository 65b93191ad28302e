/**
 * Every failure that govern can report, by a stable code: the HTTP status it takes where it reaches a client and its
 * exit code where it reaches a terminal. Codes are never reused. `docs/errors.md` documents each; a test keeps both in step.
 */
export interface ErrorFacts {
  /** HTTP status of the problem document. */
  readonly status: number;
  /** Title of the problem document, and the first words in the terminal. */
  readonly title: string;
  /** Exit code of a command that ends with it: 1 refused, 2 cannot run. Default 2. */
  readonly exit?: 1 | 2;
}

export const errorCodes = {
  // the boundary's refusals
  unauthenticated: { status: 401, title: "Sign in first" },
  "token-invalid": { status: 401, title: "The token is not accepted", exit: 1 },
  "sign-in-failed": { status: 401, title: "The sign-in did not succeed", exit: 1 },
  "provider-unavailable": { status: 503, title: "The identity provider cannot be reached" },
  "cross-origin": { status: 403, title: "The request does not come from this app" },
  "unknown-host": { status: 421, title: "No app is served under this host" },
  "malformed-request": { status: 400, title: "Not a well-formed request" },
  unregistered: { status: 403, title: "Not a registered operation" },
  "ambiguous-operation": { status: 403, title: "More than one operation matches" },
  "unmapped-resource": { status: 403, title: "No resource is mapped for this call" },
  "page-blocked": { status: 403, title: "The page's policy blocked it" },
  "stale-build": { status: 409, title: "This page is older than the app" },
  "invalid-arguments": { status: 400, title: "The arguments do not fit the operation" },
  "too-large": { status: 413, title: "The request is too large" },
  denied: { status: 403, title: "Not permitted", exit: 1 },
  "policy-failed": { status: 403, title: "A rule could not be evaluated" },
  "rate-limited": { status: 429, title: "Too often" },
  "approval-denied": { status: 403, title: "The request was denied", exit: 1 },
  "approval-expired": { status: 403, title: "The approval expired", exit: 1 },
  "approval-cancelled": { status: 403, title: "The request was cancelled", exit: 1 },
  "approval-stale": { status: 403, title: "The approval no longer fits the rules", exit: 1 },
  "too-many-held": { status: 429, title: "Too many requests of yours wait for approval", exit: 1 },
  "held-sync": { status: 409, title: "A synchronous call cannot wait for approval" },
  "outcome-unknown": { status: 409, title: "The write may have run" },
  "answer-lost": { status: 409, title: "The write was done, its answer is lost" },
  "answer-withheld": { status: 409, title: "The call ran, its answer is withheld" },
  "resource-failed": { status: 502, title: "The resource could not be reached" },
  "resource-rejected": { status: 422, title: "The resource refused the statement" },
  "resource-timeout": { status: 504, title: "The resource did not answer in time" },
  "audit-unavailable": { status: 503, title: "The call could not be recorded" },
  "not-found": { status: 404, title: "Not found" },
  internal: { status: 500, title: "Internal error" },
  // decisions
  "approval-unknown": { status: 404, title: "No such approval", exit: 1 },
  "approval-decided": { status: 409, title: "The approval is already decided", exit: 1 },
  "already-voted": { status: 409, title: "You have voted on this request", exit: 1 },
  "own-request": { status: 403, title: "Nobody decides their own request", exit: 1 },
  "not-an-approver": { status: 403, title: "Not an approver of this request", exit: 1 },
  "justification-missing": { status: 400, title: "A reason has to be given", exit: 1 },
  "ticket-invalid": { status: 400, title: "A ticket has to be named", exit: 1 },
  "digest-mismatch": { status: 409, title: "The request is not what was shown", exit: 1 },
  "break-glass-refused": { status: 403, title: "You may not release this alone", exit: 1 },
  "nothing-to-review": { status: 409, title: "There is nothing to review", exit: 1 },
  "own-release": { status: 403, title: "Nobody reviews their own release", exit: 1 },
  "outcome-known": { status: 409, title: "The outcome is known", exit: 1 },
  "no-principal": { status: 403, title: "This OS account stands for no person" },
  // the command line
  usage: { status: 400, title: "Usage" },
  "bundle-missing": { status: 400, title: "No such bundle" },
  "bundle-empty": { status: 400, title: "The bundle holds no app" },
  "bundle-unparsable": { status: 400, title: "The bundle cannot be parsed" },
  "har-invalid": { status: 400, title: "A recording cannot be read" },
  "bundle-server": { status: 400, title: "The bundle is a server's" },
  "bundle-governed": { status: 400, title: "The bundle is governed already" },
  "credential-left": { status: 409, title: "A credential cannot be taken out", exit: 1 },
  "output-conflict": { status: 409, title: "The output folder cannot be replaced" },
  "operation-collision": { status: 409, title: "Two operations have one id" },
  "contract-changed": { status: 409, title: "operations.json would change", exit: 1 },
  "upstream-needed": { status: 400, title: "The address of a resource is not known" },
  "workspace-missing": { status: 400, title: "No govern.yaml" },
  "workspace-invalid": { status: 400, title: "govern.yaml is not valid" },
  "baseline-invalid": { status: 400, title: "The baseline cannot be used" },
  "ref-unreadable": { status: 400, title: "A git ref cannot be read" },
  "restart-needed": { status: 409, title: "The change needs a restart" },
  "file-invalid": { status: 400, title: "A generated file is not valid" },
  "seal-broken": { status: 409, title: "The app is not what import wrote" },
  "signature-invalid": { status: 409, title: "The app is not signed by a trusted key" },
  "key-invalid": { status: 400, title: "The signing key cannot be used" },
  "secret-missing": { status: 400, title: "A secret reference cannot be resolved" },
  "identity-missing": { status: 400, title: "No way to know who is calling" },
  "port-in-use": { status: 400, title: "The port is in use" },
  "sidecar-not-running": { status: 503, title: "No sidecar is running here" },
  "sidecar-running": { status: 409, title: "A sidecar is already running here" },
  "store-failed": { status: 503, title: "The store cannot be used" },
  "checkpoint-invalid": { status: 400, title: "A checkpoint or proof cannot be used" },
  "audit-key-invalid": { status: 400, title: "A key of the trail cannot be used" },
  "audit-tampered": { status: 409, title: "The audit trail does not verify", exit: 1 },
  "demo-failed": { status: 500, title: "The demo did not come out as told", exit: 1 },
} as const satisfies Record<string, ErrorFacts>;

/** A stable error code. */
export type GovernErrorCode = keyof typeof errorCodes;
