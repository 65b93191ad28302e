/** authorize: whether a permission lets this identity run this call now, and this often. Must not look at approvals. */
import { proceed, refuse, type AuthorizedCall, type Part, type Step } from "../lifecycle.ts";
import type { RateLimits } from "../rate-limits.ts";
import { questionOf } from "../rules.ts";

export interface AuthorizeOptions {
  readonly limits: RateLimits;
}

/** What is permitted is counted: nothing ran yet, so that a library may repeat what is refused here. */
export function createAuthorize({ limits }: AuthorizeOptions): Part<"authorize"> {
  return {
    point: "authorize",
    process: async function authorize(call): Promise<Step<AuthorizedCall>> {
      const { rules } = call.snapshot;
      const question = questionOf(call);
      const verdict = rules.authorize(question);
      if (!verdict.allowed) return refuse(verdict.code, verdict.why);
      const name = `${call.app.name}/${call.target.operation.id}`;
      const exceeded = await limits.take(rules.limits(question), call.identity, name);
      if (exceeded === undefined) return proceed({ ...call, permission: verdict.why });
      const { limit, retryAfter } = exceeded;
      const detail = `${limit.name} lets you do this ${limit.rate.replace("/", " times in ")}.`;
      const refusal = { code: "rate-limited", detail, retryAfter } as const;
      return { ok: false, halt: { kind: "refused", refusal } };
    },
  };
}
