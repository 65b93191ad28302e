/** The resources of `govern.yaml`: the governed connections to APIs and databases. Secrets in them are references. */
import * as z from "zod";
import { durationSchema } from "./duration.ts";

const httpResourceSchema = z.strictObject({
  kind: z.literal("http"),
  upstream: z.string(),
  auth: z.enum(["service", "passthrough", "asserted"]),
  headers: z.record(z.string(), z.string()).optional(),
  /** Query keys that every request gets, over what the page sends under the same key: where a credential stands in the address. */
  query: z.record(z.string(), z.string()).optional(),
  /**
   * Private, loopback and link-local networks (CIDR) that the upstream's name may lead to, e.g. `10.0.0.0/8` inside a cluster;
   * default none. An upstream that is written as an address, or as localhost, says so itself.
   */
  networks: z.array(z.string()).optional(),
  /** How long the upstream may take, default 30s. */
  timeout: durationSchema.optional(),
  /** The upstream does a write once per value of a header (default `Idempotency-Key`), which it keeps for so long. */
  idempotency: z
    .strictObject({
      header: z
        .string()
        .regex(/^[A-Za-z0-9-]{1,64}$/, "a header's name")
        .optional(),
      keep: durationSchema,
    })
    .optional(),
});

const database = {
  /** `sqlite:./file.db` relative to govern.yaml, `postgres://…`; usually a reference. */
  url: z.string(),
  timeout: durationSchema.optional(),
  /** Approvers may see what a held statement would change, from a transaction that is rolled back. */
  preview: z.boolean().optional(),
};

/**
 * A setting of an application's own. One without a dot is the server's (`role`, `search_path`); those of these prefixes are
 * its extensions'.
 */
const variable = z
  .string()
  .max(63)
  .regex(
    /^(?!pg_|pl(?:pgsql|perl|perlu|tcl|tclu|python|python3u)\.|auto_explain\.)[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)+$/,
    "a setting of your own: lower-case names joined by dots, e.g. app.user",
  );

/** What a session variable tells: the subject, its issuer, or the permission groups as a JSON array. */
const variableSource = z.enum(["identity.subject", "identity.issuer", "identity.groups"]);

const postgresResourceSchema = z.strictObject({
  kind: z.literal("postgres"),
  ...database,
  /**
   * Session variables of each call's transaction, for policies of row-level security: name → what of the caller it tells.
   * Read by `current_setting('app.user')`.
   */
  set: z.record(variable, variableSource).optional(),
});

const databaseResourceSchema = z.strictObject({ kind: z.enum(["sqlite", "mysql"]), ...database });

export const resourceSchema = z.discriminatedUnion("kind", [
  httpResourceSchema,
  postgresResourceSchema,
  databaseResourceSchema,
]);
export type Resource = z.infer<typeof resourceSchema>;
export type PostgresResource = z.infer<typeof postgresResourceSchema>;
export type HttpResource = z.infer<typeof httpResourceSchema>;
