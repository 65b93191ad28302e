/**
 * What an execution's end means for the caller and for the trail. A status received from a resource is replayed as it is;
 * a status of the boundary's own is never one that libraries retry, once a write may have run.
 */
import type { GovernErrorCode } from "../../errors/codes.ts";
import type { ConnectorResult } from "./connector.ts";

export type Outcome =
  | {
      readonly state: "executed";
      readonly status: number;
      readonly headers: readonly (readonly [string, string])[];
      readonly body: Uint8Array;
      /** The masks that were applied to the answer, e.g. `masks[0]`. */
      readonly masks?: readonly string[];
      /** It could not be masked: nothing of it is told. */
      readonly withheld?: boolean;
    }
  | {
      readonly state: "failed" | "unknown";
      readonly code: GovernErrorCode;
      readonly detail: string;
    };

const unknownWrite: Outcome = {
  state: "unknown",
  code: "outcome-unknown",
  detail: "The resource did not confirm the write. Check there before you repeat it.",
};

/** Judges a connector's result under the access that the call was governed by. */
export function judgeResult(access: "read" | "write", result: ConnectorResult): Outcome {
  if (result.kind === "answered") {
    const { status, headers, body } = result;
    return { state: "executed", status, headers, body };
  }
  if (access === "write" && result.kind === "unknown") return unknownWrite;
  // 504 is retried by libraries: a write that never left is a plain failure.
  const code =
    access === "write" && result.code === "resource-timeout" ? "resource-failed" : result.code;
  return { state: "failed", code, detail: result.detail };
}

/** The outcome of a fault while a call was executing. */
export function outcomeOfFault(access: "read" | "write"): Outcome {
  if (access === "write") return unknownWrite;
  return { state: "failed", code: "internal", detail: "The call failed inside the sidecar." };
}
