/** Names of headers and query keys that hold credentials. */
const credential =
  /^(?:authorization|proxy-authorization|cookie|(?:x-)?(?:api|auth|access|app|session|client|secret|private|service)[-_]?(?:key|token|secret)|apikey|token|access_token|auth|password|passwd|secret|key|sig|signature)$/i;

/** Short names that are common words: credentials only as header names with a dash, never as a query key by chance. */
const isHeader =
  /^(?:x-[a-z-]*(?:key|token|secret)|authorization|proxy-authorization|cookie|apikey|api-key|private-token|(?:x-)?auth-token)$/i;
const queryWords =
  /^(?:api[-_]?key|apikey|access[-_]?token|auth[-_]?token|token|client[-_]?secret|secret|password|subscription-key)$/i;

/** Whether a query key or header holds a credential. */
export function isCredentialName(name: string): boolean {
  return queryWords.test(name) || (name.includes("-") && credential.test(name));
}

/** Whether a header holds a credential. */
export function isCredentialHeader(name: string): boolean {
  return isHeader.test(name) || credential.test(name);
}
