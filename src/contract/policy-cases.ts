/** A file of policy test cases: calls, and what the rules of a workspace are expected to say of them. */
import * as z from "zod";

const texts = z.array(z.string().min(1));

const caseSchema = z.strictObject({
  name: z.string().min(1),
  /** `app/operation`. */
  operation: z.string().regex(/^[^/\s]+\/[^/\s]+$/, "app/operation"),
  as: z.strictObject({
    subject: z.string().optional(),
    issuer: z.string().optional(),
    /** Permission groups that the caller has, besides those that subject and claims give. */
    groups: texts.optional(),
    /** What the identity provider says. */
    claims: z.record(z.string(), z.union([z.string(), texts])).optional(),
  }),
  /** `{ path, query, headers, body }` or `{ values }`; what is left out is empty. */
  arguments: z.record(z.string(), z.json()).optional(),
  /** When the call is made; default the time of the run. */
  time: z.iso.datetime({ offset: true }).optional(),
  /** `allow`: it runs at once; `held`: it waits for a person; `deny`. */
  expect: z.enum(["allow", "held", "deny"]),
  /** The rule that has to decide, e.g. `permissions[1]` or, of a held call, `approvals[0]`. */
  rule: z.string().optional(),
  /** The groups that release a held call. */
  approvers: texts.optional(),
});
export type PolicyCase = z.infer<typeof caseSchema>;

export const policyCasesSchema = z.strictObject({
  version: z.literal(1),
  cases: z.array(caseSchema).min(1),
});
export type PolicyCases = z.infer<typeof policyCasesSchema>;
