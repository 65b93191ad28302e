/** `build.json`: what one import saw. Generated; positions and digests live here, never in operations.json. */
import * as z from "zod";
import { operationSchema } from "./operation.ts";

/** A place in an original source, where a source map tells: line from 1, column from 0. */
export const sourcePlaceSchema = z.strictObject({
  file: z.string(),
  line: z.int(),
  column: z.int(),
});
export type SourcePlace = z.infer<typeof sourcePlaceSchema>;

/** A place in the bundle: `file` relative to its folder with `/`, line from 1, column from 0. */
const place = {
  file: z.string(),
  line: z.int(),
  column: z.int(),
  source: sourcePlaceSchema.optional(),
};

/** A call in the app that makes a site send an operation. */
export const siteCallSchema = z.strictObject({ operation: z.string(), ...place });
export type SiteCall = z.infer<typeof siteCallSchema>;

export const siteSchema = z.strictObject({
  /** `s1`, `s2`, … in order of file and position; `s0` stands for the page's globals. */
  id: z.string().regex(/^s\d+$/),
  recognizer: z.string(),
  ...place,
  status: z.enum(["resolved", "open", "excluded", "unreachable"]),
  /** Why it is not resolved. */
  reason: z.string().optional(),
  /** Ids of the operations that it can send. */
  operations: z.array(z.string()),
  /** Where the app asks for an operation, if that is not here: behind a wrapper, each has callers of its own. */
  calls: z.array(siteCallSchema).optional(),
});
export type Site = z.infer<typeof siteSchema>;

/** Rules of findings; each is documented in docs/rules/. */
export const ruleSchema = z.enum([
  "ungated-write",
  "unresolved-call",
  "hardcoded-credential",
  "public-key",
  "interpolated-sql",
  "ambiguous-operation",
  "unmapped-origin",
  "mutating-get",
  "bypass",
  "external-script",
  "stale-operation",
  "interactive-transaction",
  "expired-exemption",
  "widened-access",
  "unreadable-file",
  "unsealed-output",
  "invalid-rule",
  "unmatched-rule",
  "shadowed-rule",
  "unfit-condition",
  "empty-group",
  "unsatisfiable-approval",
  "unreleasable-write",
]);
export type Rule = z.infer<typeof ruleSchema>;

export const findingSchema = z.strictObject({
  rule: ruleSchema,
  severity: z.enum(["error", "warning", "note"]),
  ...place,
  message: z.string(),
  /** What to do about it: one sentence. */
  fix: z.string().optional(),
  /** The operation it is about. */
  operation: z.string().optional(),
});
export type Finding = z.infer<typeof findingSchema>;

export const originSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  /** Its text in the bundle, `same-origin`, or a named base `{base}`. */
  origin: z.string(),
  class: z.enum(["data", "auth", "telemetry", "external"]),
  why: z.string(),
});
export type Origin = z.infer<typeof originSchema>;

/** An asset that the page loads from elsewhere, or a form that goes there: the first of its kind and origin in a file. */
export const externalSchema = z.strictObject({
  origin: z.string(),
  kind: z.string(),
  ...place,
});
export type External = z.infer<typeof externalSchema>;

export const bundleFactsSchema = z.strictObject({
  /** SHA-256 hex over the sorted list of (path, SHA-256 of content). */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  files: z.int(),
  bytes: z.int(),
});
export type BundleFacts = z.infer<typeof bundleFactsSchema>;

/** What recorded traffic says of a bundle: evidence for people, never a permission. No value of a request is in it. */
export const observationsSchema = z.strictObject({
  /** Recorded requests that carry data. */
  requests: z.int(),
  /** The operations that were seen, by id: how often, and what their path holes looked like. */
  operations: z.record(
    z.string(),
    z.strictObject({
      requests: z.int(),
      holes: z.record(z.string(), z.enum(["integer", "uuid", "string"])),
    }),
  ),
  /** Where bases that only the run time knows were, by their names. */
  bases: z.record(z.string(), z.string()),
  /** Requests that no operation explains. They are not registered. */
  unexplained: z.array(
    z.strictObject({
      method: z.string(),
      origin: z.string(),
      path: z.string(),
      query: z.array(z.string()),
      requests: z.int(),
    }),
  ),
});
export type Observations = z.infer<typeof observationsSchema>;

const seen = {
  bundle: bundleFactsSchema,
  origins: z.array(originSchema),
  sites: z.array(siteSchema),
  findings: z.array(findingSchema),
  external: z.array(externalSchema),
  observations: observationsSchema.optional(),
};

export const buildFileSchema = z.strictObject({
  version: z.literal(1),
  app: z.string(),
  ...seen,
  /** SHA-256 hex of every other emitted file of the app, by its path in the app's folder: `web/index.html`. */
  emitted: z.record(z.string(), z.string()),
  /** Ed25519 over the rest of this file (seal.ts). */
  signature: z
    .strictObject({
      /** Base64 of the public key's SPKI. */
      key: z.string(),
      value: z.string(),
    })
    .optional(),
});
export type BuildFile = z.infer<typeof buildFileSchema>;

/** What `govern inspect --json` prints. */
export const inspectReportSchema = z.strictObject({
  version: z.literal(1),
  app: z.string(),
  operations: z.array(operationSchema),
  ...seen,
});
export type InspectReport = z.infer<typeof inspectReportSchema>;
