import type {
  DecisionContext,
  Demand,
  GlassTerms,
} from "../../../src/sidecar/approvals/attempt.ts";
import type { Approvers } from "../../../src/policy/quorum.ts";
import type { Store } from "../../../src/sidecar/store/store.ts";

/** What decisions are taken by: approvers as a test says, and what else it asks of them. */
export function contextOf(
  store: Store,
  approvers: () => Approvers,
  more: Partial<Omit<Demand, "approvers">> & { readonly glass?: Record<string, GlassTerms> } = {},
): DecisionContext {
  const { justification = false, ticket = null, glass = {} } = more;
  return {
    store,
    demandOf: () => ({ approvers: approvers(), justification, ticket }),
    glassOf: (_record, { subject }) => glass[subject] ?? null,
  };
}
