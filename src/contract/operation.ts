/**
 * Operations: what a bundle may ask of the world, one entry each. `operations.json` is the reviewed contract of one app,
 * committed to git: no positions, no deployment.
 */
import * as z from "zod";

const literal = z.strictObject({
  literal: z.union([z.string(), z.number(), z.boolean(), z.null()]),
});

/** A text that always begins so: it discriminates like a literal. */
const prefix = z.strictObject({ prefix: z.string().min(1) });

const scalarField = z.union([z.enum(["string", "number", "boolean", "any"]), literal, prefix]);

/** What is known of one field: a type, a literal or the beginning of a text that discriminates, or a list. */
export const fieldSchema = z.union([scalarField, z.strictObject({ list: scalarField })]);
export type Field = z.infer<typeof fieldSchema>;

/** A set of fields; `open` where the bundle does not prove that there are no others. */
export const fieldsSchema = z.strictObject({
  fields: z.record(z.string(), fieldSchema),
  open: z.boolean(),
});
export type Fields = z.infer<typeof fieldsSchema>;

export const bodySchema = z.strictObject({
  type: z.enum(["json", "form", "multipart", "text", "binary", "none"]),
  fields: z.record(z.string(), fieldSchema).optional(),
  open: z.boolean().optional(),
});
export type Body = z.infer<typeof bodySchema>;

/** An operation's id: a slug and six hex digits (see operation-id.ts). */
export const operationIdSchema = z.string().regex(/^[a-z0-9][a-z0-9-]*-[0-9a-f]{6}$/);

export const accessSchema = z.enum(["read", "write"]);
export type Access = z.infer<typeof accessSchema>;

export const dialectSchema = z.enum(["postgres", "mysql", "sqlite"]);
export type Dialect = z.infer<typeof dialectSchema>;

/** An origin's text (`https://api.acme.example`), `same-origin`, or a base known only at run time (`{base}`). */
const originSchema = z.string().min(1);

const common = {
  id: operationIdSchema,
  access: accessSchema,
  /** Why it has this access, e.g. `method POST`, `UpdateStmt`. */
  why: z.string(),
  /** Known from recorded traffic alone: the bundle does not prove its shape. */
  observed: z.literal(true).optional(),
};

const httpSchema = z.strictObject({
  ...common,
  kind: z.literal("http"),
  method: z.string().regex(/^[A-Z]+$/),
  origin: originSchema,
  /** Begins with `/`; `{name}` is one segment, `{name*}` one or more; a segment may mix text and holes. */
  path: z.string().startsWith("/"),
  query: fieldsSchema,
  /** Names of the request headers the app sets and the upstream gets, lower case. */
  headers: z.array(z.string()),
  body: bodySchema,
  /** Path holes that may hold encoded slashes. */
  encodedSlash: z.array(z.string()).optional(),
});

const sqlSchema = z.strictObject({
  ...common,
  kind: z.literal("sql"),
  dialect: dialectSchema,
  /** The text with `$1…` (or the dialect's own) placeholders, white space collapsed outside quotes. */
  statement: z.string().min(1),
  tables: z.array(z.string()),
  /** A name for each placeholder, in order. */
  parameters: z.array(z.string()),
  client: z.string(),
  /** The page sends the operation's id, not the text's digest: its text was interpolated, import bound it by place. */
  interpolated: z.literal(true).optional(),
});

const sqlBatchSchema = z.strictObject({
  ...common,
  kind: z.literal("sql-batch"),
  dialect: dialectSchema,
  client: z.string(),
  statements: z.array(operationIdSchema).min(1),
});

const graphqlSchema = z.strictObject({
  ...common,
  kind: z.literal("graphql"),
  origin: originSchema,
  path: z.string().startsWith("/"),
  /** The one document that is sent, in the canonical spelling of src/statements/graphql. */
  document: z.string().min(1),
  operationName: z.string().optional(),
  /** The variables of the document with their types, e.g. `{ "id": "ID!" }`; one with a default is not `!`. */
  variables: z.record(z.string(), z.string().regex(/^[\w![\]]+$/)),
  headers: z.array(z.string()),
  /** The app may ask for it by GET, with the document in the query. */
  get: z.literal(true).optional(),
});

const streamSchema = z.strictObject({
  ...common,
  kind: z.literal("stream"),
  method: z.enum(["WS", "SSE"]),
  origin: originSchema,
  path: z.string().startsWith("/"),
  query: fieldsSchema,
});

/** One registered data call. */
export const operationSchema = z.discriminatedUnion("kind", [
  httpSchema,
  sqlSchema,
  sqlBatchSchema,
  graphqlSchema,
  streamSchema,
]);
export type Operation = z.infer<typeof operationSchema>;
export type HttpOperation = z.infer<typeof httpSchema>;
export type SqlOperation = z.infer<typeof sqlSchema>;
export type GraphqlOperation = z.infer<typeof graphqlSchema>;

/** `operations.json`: operations sorted by id. */
export const operationsFileSchema = z.strictObject({
  version: z.literal(1),
  app: z.string(),
  operations: z.array(operationSchema),
});
export type OperationsFile = z.infer<typeof operationsFileSchema>;
