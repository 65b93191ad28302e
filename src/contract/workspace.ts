/** `govern.yaml`: the workspace. Written by people, kept in their git; secrets are references. */
import * as z from "zod";
import { ruleSchema } from "./build.ts";
import { durationSchema } from "./duration.ts";
import { operationSchema } from "./operation.ts";
import { resourceSchema } from "./resource.ts";
import { isPublicKey } from "./seal.ts";

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "lower-case letters, digits and dashes");
const groupName = z.string().min(1);
const date = z.iso.date();

const serverSchema = z.strictObject({
  operatorUrl: z.url().optional(),
  /** Calls of one person that may wait for approval at once; default 100. */
  pendingPerPerson: z.int().min(1).max(10_000).optional(),
  /** Addresses or networks (CIDR) of the proxies in front. */
  trustedProxies: z.array(z.string()).optional(),
  /** Public keys (Ed25519, base64 of the SPKI): an app that none of them signed is not served. */
  trustedKeys: z
    .array(z.string().refine(isPublicKey, "the base64 of an Ed25519 public key (SPKI)"))
    .min(1)
    .optional(),
});

/** Signature algorithms that a verifier may be fixed to: none with a shared secret (RFC 8725 section 3.1). */
const algorithms = z
  .array(
    z.enum([
      "RS256",
      "RS384",
      "RS512",
      "PS256",
      "PS384",
      "PS512",
      "ES256",
      "ES384",
      "ES512",
      "EdDSA",
    ]),
  )
  .min(1);

/** The `aud` that a token for each origin must have. */
const audiences = z.strictObject({
  operator: z.string().min(1).optional(),
  apps: z.record(name, z.string().min(1)).optional(),
});

const oidcSchema = z.strictObject({
  issuer: z.url(),
  clientId: z.string().min(1),
  /** Left out for a public client. */
  clientSecret: z.string().optional(),
  /** In the ID token, else in what the userinfo endpoint tells; default `groups`. */
  groupsClaim: z.string().min(1).optional(),
  /** Asked for beside `openid`. */
  scopes: z
    .array(z.string().regex(/^[\u0021\u0023-\u005b\u005d-\u007e]+$/, "a scope has no spaces"))
    .optional(),
  /** A public client with the device grant, for `govern login`; needs `identity.bearer`. */
  cliClientId: z.string().min(1).optional(),
});
export type OidcSettings = z.infer<typeof oidcSchema>;

/** Access tokens (JWT) of the issuer of `identity.oidc`, from programs. */
const bearerSchema = z.strictObject({
  /** Default: the origin's own address. */
  audiences: audiences.optional(),
  /** Default RS256, ES256 and EdDSA. */
  algorithms: algorithms.optional(),
  /** The `typ` header that access tokens have; default `at+jwt` (RFC 9068). */
  type: z.string().min(1).optional(),
  /** Time since `iat` after which a token is refused, whatever its `exp` says; default 1h. */
  maxAge: durationSchema.optional(),
  /** Clients whose tokens are taken (`client_id`, else `azp`); default all of the issuer. */
  clients: z.array(z.string().min(1)).min(1).optional(),
});

/** A proxy in front, which signs who is calling; believed from `server.trustedProxies` alone. */
const proxySchema = z
  .strictObject({
    /** The header that carries the assertion, a JWT. */
    header: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "a header's name"),
    issuer: z.string().min(1),
    audiences,
    /** Address of the proxy's keys, or its one public key (PEM, or a JWK as JSON). */
    jwks: z.url().optional(),
    key: z.string().min(1).optional(),
    /** Default ES256 and RS256. */
    algorithms: algorithms.optional(),
    groupsClaim: z.string().min(1).optional(),
    /** Time since `iat` after which an assertion is refused; default 1h. */
    maxAge: durationSchema.optional(),
  })
  .refine((proxy) => (proxy.jwks === undefined) !== (proxy.key === undefined), {
    message: "needs either jwks or key",
  });
export type ProxySettings = z.infer<typeof proxySchema>;

const sessionsSchema = z.strictObject({
  /** Ends a session that was not used for so long; default 2h. */
  idle: durationSchema.optional(),
  /** Ends every session; default 12h. */
  absolute: durationSchema.optional(),
  /** Groups older than that are read again, or the person signs in again; default 15m. */
  groupsMaxAge: durationSchema.optional(),
});

const identitySchema = z.strictObject({
  oidc: oidcSchema.optional(),
  bearer: bearerSchema.optional(),
  proxy: proxySchema.optional(),
  sessions: sessionsSchema.optional(),
  /** Read under `--dev` only: user → groups. */
  dev: z.strictObject({ users: z.record(name, z.array(groupName)) }).optional(),
  /** The person behind an OS account, for decisions over the control socket. */
  local: z
    .record(z.string(), z.strictObject({ issuer: z.string(), subject: z.string() }))
    .optional(),
});

const groupSchema = z.strictObject({
  claims: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  /** Subjects. */
  members: z.array(z.string()).optional(),
});

/** One origin, or all names below one: nothing wider, and no second source. */
const pageOrigin = z
  .string()
  .regex(
    /^https?:\/\/(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/,
    "an origin, e.g. https://avatars.acme.example",
  );
const pageOrigins = z.array(z.strictObject({ origin: pageOrigin, reason: z.string().min(1) }));

const appSchema = z.strictObject({
  url: z.url().optional(),
  /** Origin text, `same-origin`, `{base}`, `sql` or `sql:<client>` → resource. */
  resources: z.record(z.string(), name),
  /** Exceptions to the page's Content-Security-Policy. */
  page: z
    .strictObject({
      img: pageOrigins.optional(),
      font: pageOrigins.optional(),
      style: pageOrigins.optional(),
      media: pageOrigins.optional(),
      frame: pageOrigins.optional(),
    })
    .optional(),
  /** Hand-written operations. */
  operations: z.array(operationSchema).optional(),
});

/** One operation: `app/operation`. */
const operationName = z.string().regex(/^[^/\s]+\/[^/\s]+$/, "app/operation");

/**
 * `app/part`, or parts that must all hold joined by `+`: an operation's id, `read`, `write`, `kind:sql`,
 * `resource:ledger`, `table:accounts,credits`. The app, the id and the values may have `*`.
 */
const target = z
  .string()
  .regex(
    /^[a-z0-9*][a-z0-9*-]*\/(?:[a-z0-9*-]+|(?:kind|resource|table):[^\s/+,]+(?:,[^\s/+,]+)*)(?:\+(?:[a-z0-9*-]+|(?:kind|resource|table):[^\s/+,]+(?:,[^\s/+,]+)*))*$/,
    "app/operation, app/read, app/write, app/*, app/kind:…, app/resource:… or app/table:…, joined by +",
  )
  .describe(
    "app/part+part: an operation's id, read, write, kind:…, resource:…, table:…; * stands for any characters",
  );

export const permissionSchema = z
  .strictObject({
    groups: z.array(groupName).min(1),
    allow: z.array(target).min(1).optional(),
    deny: z.array(target).min(1).optional(),
    /** CEL over `arguments`, `identity`, `operation`, `time`. */
    when: z.string().optional(),
  })
  .refine(
    (rule) => (rule.allow === undefined) !== (rule.deny === undefined),
    "needs either allow or deny",
  );
export type Permission = z.infer<typeof permissionSchema>;

/** How often each person may run each of these operations. */
const limitSchema = z.strictObject({
  limit: z.array(target).min(1),
  /** Whom it binds; default everybody. */
  groups: z.array(groupName).min(1).optional(),
  /** Calls per time, e.g. `30/1m`. */
  rate: z
    .string()
    .regex(
      /^[1-9]\d{0,5}\/(?:[1-9]\d{0,2}[sm]|(?:[1-9]|1\d|2[0-4])h|1d)$/,
      "calls per time of up to a day, e.g. 30/1m",
    ),
});
export type Limit = z.infer<typeof limitSchema>;

/** What answers of these operations do not tell, but to the groups that are excepted. */
const maskSchema = z.strictObject({
  mask: z.array(target).min(1),
  /**
   * Columns of results (`ssn`, `accounts.ssn`) and properties of JSON at any depth (`ssn`, `card.number`), whatever their case:
   * their values become null.
   */
  fields: z
    .array(
      z
        .string()
        .regex(/^[^\s.]+(?:\.[^\s.]+)*$/, "a name, or names joined by dots, e.g. card.number"),
    )
    .min(1),
  /** Whom it does not bind; default nobody. */
  except: z.array(groupName).min(1).optional(),
});
export type Mask = z.infer<typeof maskSchema>;

const matchSchema = z
  .strictObject({
    operation: operationName.optional(),
    table: z.string().optional(),
    app: name.optional(),
    access: z.enum(["read", "write"]).optional(),
    when: z.string().optional(),
  })
  .refine(
    (match) => Object.keys(match).some((key) => key !== "when"),
    "needs operation, table, app or access",
  );

const approversSchema = z
  .strictObject({
    all: z.array(groupName).min(1).optional(),
    any: z.array(groupName).min(1).optional(),
  })
  .refine(
    (approvers) => (approvers.all === undefined) !== (approvers.any === undefined),
    "needs either all or any",
  );

const heldSchema = z.strictObject({
  match: matchSchema,
  approvers: approversSchema,
  quorum: z.int().min(1),
  expiresIn: durationSchema,
  /** Whoever approves has to say why. */
  justification: z.literal("required").optional(),
  /** Whoever approves has to name a ticket that fits this pattern as a whole, e.g. `OPS-\\d+`. */
  ticket: z.string().min(1).max(200).optional(),
});

const exemptSchema = z.strictObject({
  match: matchSchema,
  require: z.literal("none"),
  reason: z.string().min(1),
  until: date.optional(),
});

/** A rule that names approvers, or one that exempts with a reason. */
export const approvalRuleSchema = z.union([heldSchema, exemptSchema]);
export type ApprovalRule = z.infer<typeof approvalRuleSchema>;

/** Who may release a held call alone, in an emergency; everybody is told, and somebody else reviews it afterwards. */
const breakGlassSchema = z.strictObject({
  /** Subjects: people by name, never a group. */
  people: z.array(z.string().min(1)).min(1),
  release: z.array(target).min(1),
  /** How long a released call may still begin; an hour at most. */
  window: z
    .string()
    .regex(/^(?:[1-9]\d{0,2}s|(?:[1-5]?[1-9]|[1-5]0)m|1h)$/, "up to an hour, e.g. 15m"),
  reviewers: z.array(groupName).min(1),
});
export type BreakGlass = z.infer<typeof breakGlassSchema>;

/** Findings of `govern check` that are known and accepted for a while. Rules that guard the gate itself cannot be. */
const suppressionSchema = z
  .strictObject({
    rule: ruleSchema.exclude([
      "ungated-write",
      "expired-exemption",
      "widened-access",
      "unsealed-output",
      "invalid-rule",
    ]),
    operation: operationName.optional(),
    /** As findings tell it: a file of the source where a map tells, else of the bundle, or govern.yaml. */
    file: z.string().min(1).optional(),
    reason: z.string().min(1),
    until: date,
  })
  .refine(
    (one) => (one.operation === undefined) !== (one.file === undefined),
    "needs either operation or file",
  );
export type Suppression = z.infer<typeof suppressionSchema>;
/** Where is told what happens to approvals. */
const notificationSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("webhook"),
    url: z.string(),
    /** `whsec_…`, by the Standard Webhooks specification; usually a reference. */
    secret: z.string(),
  }),
  z.strictObject({
    kind: z.literal("slack"),
    /** A bot's token with `chat:write`; usually a reference. */
    token: z.string(),
    /** A channel's id. */
    channel: z.string().min(1),
    /** Where Slack's methods are, for a Slack of one's own; default https://slack.com/api/. */
    api: z.url().optional(),
  }),
]);
export type NotificationRule = z.infer<typeof notificationSchema>;

const every = durationSchema.optional();

/** Where checkpoints of the trail are kept off this host; `every` is the least time between two. */
const anchorSchema = z.union([
  /** Appended to a file, e.g. on another machine's mount. */
  z.strictObject({ file: z.string(), every }),
  /** A tag in a git repository, pushed to the remote that is named. */
  z.strictObject({ git: z.string(), push: z.string().min(1).optional(), every }),
  /** Posted as text. */
  z.strictObject({ webhook: z.string(), every }),
  /** A line of the sidecar's output. */
  z.strictObject({ print: z.literal(true), every }),
]);

const auditSchema = z.strictObject({
  /** Paths whose values the trail keeps as a keyed digest, e.g. `arguments.body.ssn`. */
  redact: z.array(z.string()).optional(),
  /** The Ed25519 key that signs checkpoints, in PEM: a reference, e.g. `${file:/run/secrets/audit.pem}`. */
  signingKey: z.string().optional(),
  /** A checkpoint is due after so many entries (default 1000), or so long after the last one (default 1m). */
  checkpoints: z.strictObject({ entries: z.int().min(1).optional(), interval: every }).optional(),
  anchors: z.array(anchorSchema).optional(),
  /** Entries that are older are moved to files in the archive's folder. */
  retention: z.strictObject({ keep: durationSchema, archive: z.string() }).optional(),
});

export const workspaceSchema = z.strictObject({
  version: z.literal(1),
  server: serverSchema.optional(),
  identity: identitySchema.optional(),
  groups: z.record(groupName, groupSchema).optional(),
  resources: z.record(name, resourceSchema).optional(),
  apps: z.record(name, appSchema).optional(),
  permissions: z.array(permissionSchema).optional(),
  approvals: z.array(approvalRuleSchema).optional(),
  breakGlass: z.array(breakGlassSchema).optional(),
  limits: z.array(limitSchema).optional(),
  masks: z.array(maskSchema).optional(),
  reclassify: z
    .array(
      z.strictObject({
        operation: operationName,
        access: z.enum(["read", "write"]),
        reason: z.string().min(1),
      }),
    )
    .optional(),
  suppress: z.array(suppressionSchema).optional(),
  notifications: z.record(name, notificationSchema).optional(),
  audit: auditSchema.optional(),
});
/** A parsed govern.yaml; references in it are not resolved. */
export type Workspace = z.infer<typeof workspaceSchema>;
export type App = z.infer<typeof appSchema>;
