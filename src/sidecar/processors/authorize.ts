/** authorize: whether a permission lets this identity run this call now. Must not look at approvals. */
import {
  proceed,
  refuse,
  type AuthorizedCall,
  type Part,
  type Step,
  type ValidCall,
} from "../lifecycle.ts";
import type { RuleQuestion } from "../rules.ts";

/** The call as rules see it. */
function questionOf(call: ValidCall): RuleQuestion {
  return {
    app: call.app.name,
    operation: call.target.operation,
    access: call.access,
    arguments: call.arguments,
    identity: call.identity,
    time: new Date(),
  };
}

async function authorize(call: ValidCall): Promise<Step<AuthorizedCall>> {
  const verdict = call.snapshot.rules.authorize(questionOf(call));
  if (!verdict.allowed) return refuse(verdict.code, verdict.why);
  return proceed({ ...call, permission: verdict.why });
}

export function createAuthorize(): Part<"authorize"> {
  return { point: "authorize", process: authorize };
}
