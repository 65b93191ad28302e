/** Who calls the operator's API, whichever listener they came by. */
import type { Principal } from "../../approvals/attempt.ts";
import type { CallRequest } from "../../lifecycle.ts";

/** A call of the operator's API; its caller was identified by the listener it came by. */
export interface OperatorCall {
  readonly request: CallRequest;
  /** Null: an OS account that stands for no person. It reads, and decides nothing. */
  readonly principal: Principal | null;
  /** The socket's owner and approvers see everything, others their own requests only. */
  readonly seesAll: boolean;
  readonly correlation: string;
}
