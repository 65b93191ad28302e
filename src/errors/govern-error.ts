/**
 * The one error class of the project. Its code decides status, title and exit code; its message says what happened and
 * where, its next step what to do. Neither ever holds a secret or a statement's values.
 */
import { errorCodes, type ErrorFacts, type GovernErrorCode } from "./codes.ts";
import { exitCodes } from "./exit-codes.ts";

export interface GovernErrorOptions {
  /** What the person should do now: one sentence, a command where there is one. */
  readonly next?: string;
  /** Structured facts for programs: file, line, column, field. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class GovernError extends Error {
  override readonly name = "GovernError";
  readonly code: GovernErrorCode;
  readonly next: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: GovernErrorCode, message: string, options: GovernErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.next = options.next;
    this.details = options.details ?? {};
  }

  get facts(): ErrorFacts {
    return errorCodes[this.code];
  }

  get exitCode(): 1 | 2 {
    return this.facts.exit ?? exitCodes.cannotRun;
  }
}

/**
 * Tells a GovernError, also one made by another copy of this module: the sidecar is a bundle of its own, so that
 * `instanceof` fails across it.
 */
export function isGovernError(error: unknown): error is GovernError {
  return error instanceof Error && error.name === "GovernError" && "code" in error;
}
