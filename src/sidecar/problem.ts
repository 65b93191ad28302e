/** Problem documents (RFC 9457): the one shape of every refusal of the boundary. */
import type { Problem } from "../contract/wire.ts";
import { headers } from "../contract/wire.ts";
import { errorCodes, type ErrorFacts } from "../errors/codes.ts";
import type { Answer, Refusal } from "./lifecycle.ts";

const alwaysSent = [
  ["cache-control", "no-store"],
  ["x-content-type-options", "nosniff"],
] as const;

/** The facts of a code as a problem document. */
function problemOf(refusal: Refusal, correlation: string): Problem {
  const facts: ErrorFacts = errorCodes[refusal.code];
  return {
    type: `urn:govern:error:${refusal.code}`,
    title: facts.title,
    status: facts.status,
    detail: refusal.detail,
    code: refusal.code,
    correlation,
  };
}

/** A refusal as it leaves: problem document, `govern-error`, never cached. */
export function problemAnswer(refusal: Refusal, correlation: string): Answer {
  const problem = problemOf(refusal, correlation);
  return {
    status: problem.status,
    headers: [
      ["content-type", "application/problem+json"],
      [headers.error, refusal.code],
      ...(refusal.retryAfter === undefined
        ? []
        : [["retry-after", String(refusal.retryAfter)] as const]),
      ...alwaysSent,
    ],
    body: Buffer.from(JSON.stringify(problem)),
  };
}

/** A JSON answer of the boundary itself. */
export function jsonAnswer(
  status: number,
  value: unknown,
  extra: readonly (readonly [string, string])[] = [],
): Answer {
  return {
    status,
    headers: [["content-type", "application/json"], ...alwaysSent, ...extra],
    body: Buffer.from(JSON.stringify(value)),
  };
}
