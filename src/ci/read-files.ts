/** Reads the files that a check weighs, and says what is wrong with one that it cannot: never is one taken for empty. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildFileSchema, type BuildFile } from "../contract/build.ts";
import { operationsFileSchema, type OperationsFile } from "../contract/operation.ts";
import { parseWorkspace, type ParsedWorkspace } from "../contract/workspace-file.ts";
import type { GovernErrorCode } from "../errors/codes.ts";
import { GovernError } from "../errors/govern-error.ts";

/** Anything with the shape of a zod schema. */
interface Schema<T> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false;
        readonly error: {
          readonly issues: readonly {
            readonly path: readonly PropertyKey[];
            readonly message: string;
          }[];
        };
      };
}

/** How a file is told that cannot be used. */
interface Told {
  /** As the person knows it: a path, or `REF:path`. */
  readonly name: string;
  readonly code: GovernErrorCode;
  readonly next: string;
}

const restore = "Restore it from git, or import the bundle again.";

function versionOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "version" in value
    ? value.version
    : undefined;
}

/** Parses the text of a file of version 1. @throws GovernError with the place of what is wrong. */
export function parseFile<T>(text: string, schema: Schema<T>, { name, code, next }: Told): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GovernError(code, `${name} is not JSON: ${reason}.`, { next, cause });
  }
  const version = versionOf(value);
  if (version !== undefined && version !== 1) {
    const told = `${name} is of version ${JSON.stringify(version)}; this govern reads version 1.`;
    throw new GovernError(code, told, { next });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  throw new GovernError(code, `${name} is not valid: ${where}${issue?.message ?? ""}.`, { next });
}

export async function readFileOf<T>(path: string, schema: Schema<T>, told: Told): Promise<T> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const { name, code, next } = told;
    throw new GovernError(code, `${name} is missing or cannot be read.`, { next, cause });
  });
  return parseFile(text, schema, told);
}

/** The text of an operations file. @throws GovernError `file-invalid`. */
export function parseOperations(text: string, name: string): OperationsFile {
  return parseFile(text, operationsFileSchema, { name, code: "file-invalid", next: restore });
}

/** @throws GovernError `file-invalid`. */
export async function readOperations(path: string): Promise<OperationsFile> {
  const told = { name: path, code: "file-invalid", next: restore } as const;
  return readFileOf(path, operationsFileSchema, told);
}

/** @throws GovernError `file-invalid`. */
export async function readBuild(path: string): Promise<BuildFile> {
  const told = { name: path, code: "file-invalid", next: restore } as const;
  return readFileOf(path, buildFileSchema, told);
}

/** The reviewed contract of an app; undefined where there is none yet. */
export async function readReviewed(path: string): Promise<OperationsFile | undefined> {
  return existsSync(path) ? readOperations(path) : undefined;
}

/** @throws GovernError `workspace-invalid`. */
export async function readWorkspace(root: string): Promise<ParsedWorkspace> {
  const file = join(root, "govern.yaml");
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new GovernError("workspace-invalid", `${file} cannot be read.`, {
      next: "Make it a file that this account may read.",
      cause,
    });
  });
  return parseWorkspace(text, file);
}
