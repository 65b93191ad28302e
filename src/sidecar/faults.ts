/** Faults in the sidecar's log: which, where, and in which call. Never what an error says, which may hold a value. */
import { isGovernError } from "../errors/govern-error.ts";

/** Told of a fault, and of the correlation id or approval that it belongs to; null for neither. */
export type OnFault = (error: unknown, about: string | null) => void;

/** Where an error was thrown: the innermost frame of its stack, which stands behind the message. */
function placeOf({ stack = "", message }: Error): string {
  const frames = stack.slice(stack.indexOf(message) + message.length);
  const frame = /^ +at .*?([^/\\() ]+:\d+:\d+)\)?$/m.exec(frames);
  return frame?.[1] === undefined ? "" : ` at ${frame[1]}`;
}

/** One line. Messages of GovernErrors hold neither secrets nor values; those of any other error stay out. */
export function describeFault(error: unknown, about: string | null): string {
  const prefix = about === null ? "fault" : `fault in ${about}`;
  if (isGovernError(error)) return `${prefix}: ${error.code}: ${error.message}`;
  return error instanceof Error
    ? `${prefix}: ${error.name}${placeOf(error)}`
    : `${prefix}: unknown`;
}
