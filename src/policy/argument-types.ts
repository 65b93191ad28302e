/** The arguments that an operation is known to have, as types that conditions are checked against. */
import { Environment } from "@marcbachmann/cel-js";
import type { JsonValue } from "../contract/canonical-json.ts";
import { nearestKey } from "../contract/schema-keys.ts";
import type {
  Body,
  Field,
  Fields,
  GraphqlOperation,
  HttpOperation,
  Operation,
} from "../contract/operation.ts";
import type { ArgumentReads } from "./expression.ts";

/** One part of the arguments, as `body`: its known fields by type; `open` where it may have others. */
interface Part {
  readonly fields: Readonly<Record<string, string>>;
  readonly open: boolean;
  /** The type where it is no map. */
  readonly type?: string;
}

/** Null: nothing is known. */
type Shape = Readonly<Record<string, Part>> | null;

/** The environment that conditions run in: arguments may be anything. */
export function conditionEnvironment(): Environment {
  return plainEnvironment().registerVariable("arguments", "map");
}

function plainEnvironment(): Environment {
  return new Environment({
    homogeneousAggregateLiterals: false,
    limits: {
      maxAstNodes: 400,
      maxDepth: 32,
      maxListElements: 200,
      maxMapEntries: 100,
      maxCallArguments: 8,
    },
  })
    .registerVariable("time", "google.protobuf.Timestamp")
    .registerVariable({
      name: "identity",
      schema: { subject: "string", issuer: "string", groups: "list<string>" },
    })
    .registerVariable({
      name: "operation",
      schema: {
        id: "string",
        kind: "string",
        access: "string",
        app: "string",
        method: "string",
        path: "string",
        tables: "list<string>",
      },
    });
}

/** For checking alone, never for running: as values of an unknown type do, numbers compare with integer literals. */
const checkingEnvironment = plainEnvironment()
  .registerOperator("double == int", () => false)
  .registerOperator("double in list<int>", () => false);

function literalType(value: unknown): string {
  const types: Readonly<Record<string, string>> = {
    string: "string",
    number: "double",
    boolean: "bool",
  };
  return types[typeof value] ?? "dyn";
}

function typeOf(field: Field): string {
  if (typeof field === "object") {
    if ("list" in field) return `list<${typeOf(field.list)}>`;
    return "literal" in field ? literalType(field.literal) : "string";
  }
  const types = { string: "string", number: "double", boolean: "bool", any: "dyn" } as const;
  return types[field];
}

function partOf({ fields, open }: Fields): Part {
  const types = Object.entries(fields).map(([name, field]) => [name, typeOf(field)]);
  return { fields: Object.fromEntries(types), open };
}

function bodyPart({ type, fields, open }: Body): Part {
  if (type === "none") return { fields: {}, open: false };
  if (type === "json" || type === "form") {
    return partOf({ fields: fields ?? {}, open: open ?? fields === undefined });
  }
  const payload = { digest: "string", bytes: "double", contentType: "string" };
  return { fields: payload, open: false };
}

const texts = (names: readonly string[]): Part => ({
  fields: Object.fromEntries(names.map((name) => [name, "string"])),
  open: false,
});

function holesOf(path: string): readonly string[] {
  return [...path.matchAll(/\{([^{}*]+)\*?\}/g)].map(([, name = ""]) => name);
}

function httpShape({ path, query, headers, body }: HttpOperation): Shape {
  return {
    path: texts(holesOf(path)),
    query: partOf(query),
    headers: texts(headers),
    body: bodyPart(body),
  };
}

/** Where one value may stand for a list of it, or a schema says more, nothing is known. */
function variableType(declared: string): string {
  const types: Readonly<Record<string, string>> = {
    Int: "double",
    Float: "double",
    String: "string",
    Boolean: "bool",
  };
  const name = declared.replace(/!$/, "");
  return (Object.hasOwn(types, name) ? types[name] : undefined) ?? "dyn";
}

function graphqlShape({ path, headers, variables }: GraphqlOperation): Shape {
  const types = Object.entries(variables).map(([name, type]) => [name, variableType(type)]);
  return {
    path: texts(holesOf(path)),
    variables: { fields: Object.fromEntries(types), open: false },
    headers: texts(headers),
  };
}

function shapeOf(operation: Operation): Shape {
  switch (operation.kind) {
    case "http":
      return httpShape(operation);
    case "graphql":
      return graphqlShape(operation);
    case "sql": {
      const values = operation.parameters.map((name) => [name, "dyn"]);
      return { values: { fields: Object.fromEntries(values), open: false } };
    }
    case "sql-batch":
      return { statements: { fields: {}, open: false, type: "list<dyn>" } };
    case "stream":
      return null;
  }
}

function unknown(what: string, name: string, known: readonly string[]): string {
  const near = nearestKey(name, known);
  const advice = near === undefined ? "" : `, did you mean \`${near}\`?`;
  return `has no \`${name}\` in ${what}${advice}`;
}

/** What a condition reads and an operation does not have; null where it has all of it. */
function missingField(shape: NonNullable<Shape>, reads: ArgumentReads): string | null {
  for (const [part, names] of reads.parts) {
    if (part === "") continue;
    const known = Object.hasOwn(shape, part) ? shape[part] : undefined;
    if (known === undefined) return unknown("arguments", part, Object.keys(shape));
    for (const name of known.open ? [] : (names ?? [])) {
      if (!Object.hasOwn(known.fields, name)) {
        return unknown(`arguments.${part}`, name, Object.keys(known.fields));
      }
    }
  }
  return null;
}

type Schema = Record<string, string | Record<string, string>>;

/** Typed where fields are read one by one; a part that is read as a whole, or has no fields, stays a map. */
function schemaOf(shape: NonNullable<Shape>, { parts }: ArgumentReads): Schema {
  const schema: Schema = {};
  for (const [part, known] of Object.entries(shape)) {
    const names = parts.get(part);
    if (names === undefined || names === null) {
      schema[part] = known.type ?? "map";
      continue;
    }
    schema[part] = Object.fromEntries(
      [...names].map((name) => [
        name,
        Object.hasOwn(known.fields, name) ? (known.fields[name] as string) : "dyn",
      ]),
    );
  }
  return schema;
}

/**
 * Checks a condition against the fields that an operation is known to have, and their types. Gives what does not fit, as
 * `has no …` or as the checker says it; null where all fits, or nothing is known.
 */
export function argumentFault(
  operation: Operation,
  text: string,
  reads: ArgumentReads,
): string | null {
  const shape = shapeOf(operation);
  if (shape === null || !reads.any) return null;
  const missing = missingField(shape, reads);
  if (missing !== null || reads.parts.has("")) return missing;
  const schema = schemaOf(shape, reads);
  const checked = checkingEnvironment
    .clone()
    .registerVariable({ name: "arguments", schema })
    .check(text);
  if (checked.valid) return null;
  return `has other types: ${checked.error?.message.split("\n")[0] ?? ""}`;
}

function fits(type: string, value: JsonValue): boolean {
  const item = /^list<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) return Array.isArray(value) && value.every((one) => fits(item, one));
  if (type === "double") return typeof value === "number";
  if (type === "bool") return typeof value === "boolean";
  return type === "dyn" || typeof value === type;
}

function isFields(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function partFault(name: string, known: Part, value: JsonValue): string | null {
  if (known.type !== undefined) {
    return fits(known.type, value) ? null : `arguments.${name} is no ${known.type}`;
  }
  if (!isFields(value)) {
    return value === null || known.open ? null : `arguments.${name} is not an object`;
  }
  for (const [field, one] of Object.entries(value)) {
    const type = Object.hasOwn(known.fields, field) ? known.fields[field] : undefined;
    if (type === undefined && !known.open) {
      return `the operation ${unknown(`arguments.${name}`, field, Object.keys(known.fields))}`;
    }
    if (type !== undefined && !fits(type, one))
      return `arguments.${name}.${field} is no ${type.replace("double", "number")}`;
  }
  return null;
}

/** What is wrong with arguments that somebody wrote down for an operation; null where they fit what is known of it. */
export function givenFault(
  operation: Operation,
  given: Readonly<Record<string, JsonValue>>,
): string | null {
  const shape = shapeOf(operation);
  if (shape === null) return null;
  for (const [part, value] of Object.entries(given)) {
    const known = Object.hasOwn(shape, part) ? shape[part] : undefined;
    if (known === undefined)
      return `the operation ${unknown("arguments", part, Object.keys(shape))}`;
    const fault = partFault(part, known, value);
    if (fault !== null) return fault;
  }
  return null;
}
