/**
 * Reads the text of a govern.yaml into a checked workspace. Every fault is told by file, line and column; no input makes
 * it throw anything but `workspace-invalid`. References to secrets stay as they are; no file is read here.
 */
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Document } from "yaml";
import type * as z from "zod";
import { keysAt, nearestKey } from "./schema-keys.ts";
import {
  pathText,
  workspaceInvalid,
  type LocateWorkspace,
  type WorkspaceFault,
  type WorkspacePath,
} from "./workspace-fault.ts";
import { workspaceSchema, type Workspace } from "./workspace.ts";

const maxCharacters = 1_000_000;
const maxAliases = 100;

/** One fault as zod tells it. */
type Issue = z.core.$ZodIssue;

export interface ParsedYaml<T> {
  readonly value: T;
  readonly locate: LocateWorkspace;
}

export interface ParsedWorkspace {
  readonly workspace: Workspace;
  readonly locate: LocateWorkspace;
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node)) return undefined;
  return Array.isArray(node.range) && typeof node.range[0] === "number" ? node.range[0] : undefined;
}

function childAt(parent: unknown, step: string | number): { key: unknown; value: unknown } | null {
  if (isSeq(parent)) {
    const value = typeof step === "number" ? parent.items[step] : undefined;
    return value === undefined ? null : { key: value, value };
  }
  if (!isMap(parent)) return null;
  const pair = parent.items.find(
    (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
  );
  return pair === undefined ? null : { key: pair.key, value: pair.value };
}

/** The offset of what stands at a path, as far as the path exists; of a key when `atKey`, or when its value is empty. */
function offsetOf(document: Document, path: WorkspacePath, atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const child = childAt(node, step);
    if (child === null) break;
    const last = index === path.length - 1;
    const empty = isScalar(child.value) && child.value.source === "";
    const wanted = (last && atKey) || empty ? child.key : child.value;
    offset = startOf(wanted) ?? startOf(child.key) ?? offset;
    node = child.value;
  }
  return offset;
}

/** The options of a union each tell their faults: those of the option that was most likely meant. */
function likeliestOption(options: readonly (readonly Issue[])[]): readonly Issue[] {
  const weigh = (issues: readonly Issue[]): number =>
    issues.reduce(
      (sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 1),
      0,
    );
  return options.toSorted((a, b) => weigh(a) - weigh(b))[0] ?? [];
}

interface Fault {
  readonly path: (string | number)[];
  readonly message: string;
  /** Faults of a key point at the key. */
  readonly atKey: boolean;
  /** The key that an unknown one most likely means; its absence is then no second fault. */
  readonly meant?: string | undefined;
  readonly missing?: boolean;
}

function isMissing(value: unknown, path: WorkspacePath): boolean {
  let at = value;
  for (const step of path) {
    if (typeof at !== "object" || at === null) return false;
    at = Object.hasOwn(at, step) ? (at as Record<string | number, unknown>)[step] : undefined;
  }
  return at === undefined;
}

function unknownKeyFault(schema: z.ZodType, path: (string | number)[], key: string): Fault {
  const valid = keysAt(schema, path);
  const meant = nearestKey(key, valid);
  const advice =
    meant === undefined ? `; valid here: ${valid.join(", ")}` : `, did you mean \`${meant}\`?`;
  const where = path.length === 0 ? "" : ` in ${pathText(path)}`;
  const shown = JSON.stringify(key).slice(1, -1).slice(0, 64);
  return {
    path: [...path, key],
    message: `unknown key \`${shown}\`${where}${advice}`,
    atKey: true,
    meant,
  };
}

/** What was read, and what it should have been. */
interface Read {
  readonly schema: z.ZodType;
  readonly value: unknown;
}

function faultsOf(issue: Issue, read: Read, parents: (string | number)[] = []): Fault[] {
  const path = [...parents, ...issue.path.filter((step) => typeof step !== "symbol")];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownKeyFault(read.schema, path, key));
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const option = likeliestOption(issue.errors as readonly (readonly Issue[])[]);
    if (option.length > 0) return option.flatMap((inner) => faultsOf(inner, read, path));
  }
  if (isMissing(read.value, path)) {
    return [{ path, message: `${pathText(path)} is missing`, atKey: false, missing: true }];
  }
  if (issue.code === "invalid_key") {
    const reason = issue.issues[0]?.message ?? "not a valid name";
    return [{ path, message: `${pathText(path)}: the key is not valid: ${reason}`, atKey: true }];
  }
  return [{ path, message: `${pathText(path)}: ${issue.message}`, atKey: false }];
}

/** Faults of one parent, unknown keys first: a missing key is often the one that was mistyped. */
function arrangeFaults(faults: readonly Fault[]): Fault[] {
  const parentOf = (fault: Fault): string => JSON.stringify(fault.path.slice(0, -1));
  const meant = new Set(
    faults
      .filter((fault) => fault.meant !== undefined)
      .map((fault) => `${parentOf(fault)} ${fault.meant}`),
  );
  return faults
    .filter((fault) => {
      const key = `${parentOf(fault)} ${String(fault.path.at(-1))}`;
      return fault.missing !== true || !meant.has(key);
    })
    .toSorted((a, b) => Number(b.atKey) - Number(a.atKey));
}

function throwFaults(faults: readonly WorkspaceFault[]): void {
  const [first, ...others] = faults;
  if (first !== undefined) throw workspaceInvalid(first, others);
}

/** Where an alias stands whose anchor does not exist; yaml reports it only when the value is built. */
function danglingAlias(document: Document): number | undefined {
  let offset: number | undefined;
  let seen = 0;
  visit(document, {
    Alias(_key, alias) {
      seen += 1;
      if (alias.resolve(document) !== undefined && seen < maxAliases) return undefined;
      if (seen < maxAliases) offset = startOf(alias);
      return visit.BREAK;
    },
  });
  return offset;
}

/** The document's value, or what keeps it from having one. */
function valueOf(document: Document): { value: unknown } | { offset: number; message: string } {
  try {
    return { value: document.toJS({ maxAliasCount: maxAliases }) };
  } catch (error) {
    const tooDeep = error instanceof RangeError;
    const offset = tooDeep ? undefined : danglingAlias(document);
    if (offset !== undefined) return { offset, message: "the alias names no anchor" };
    return { offset: 0, message: tooDeep ? "is nested too deeply" : "repeats too many aliases" };
  }
}

function readDocument(text: string, lineCounter: LineCounter): Document | null {
  try {
    return parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      schema: "core",
      stringKeys: true,
    });
  } catch {
    return null;
  }
}

/**
 * Parses the text of a YAML file that has to fit a schema. `file` is its name in messages. When this returns, the value
 * has the schema's shape, no key was given twice and none is unknown. Throws `workspace-invalid` whose message starts with
 * `file:line:column`.
 */
export function parseYaml<S extends z.ZodType>(
  text: string,
  file: string,
  schema: S,
): ParsedYaml<z.infer<S>> {
  const start = { file, line: 1, column: 1 };
  if (text.length > maxCharacters) {
    throw workspaceInvalid({ place: start, message: "is larger than a million characters" });
  }
  const lineCounter = new LineCounter();
  const document = readDocument(text, lineCounter);
  if (document === null) throw workspaceInvalid({ place: start, message: "is nested too deeply" });
  const place = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  throwFaults(
    [...document.errors, ...document.warnings].map((error) => ({
      place: place(error.pos[0]),
      message: error.message,
    })),
  );
  const read = valueOf(document);
  if (!("value" in read)) {
    throw workspaceInvalid({ place: place(read.offset), message: read.message });
  }
  const parsed = schema.safeParse(read.value);
  if (!parsed.success) {
    const faults = parsed.error.issues.flatMap((issue) =>
      faultsOf(issue, { schema, value: read.value }),
    );
    throwFaults(
      arrangeFaults(faults).map((fault) => ({
        place: place(offsetOf(document, fault.path, fault.atKey)),
        message: fault.message,
      })),
    );
    throw workspaceInvalid({ place: start, message: "is not valid" });
  }
  return { value: parsed.data, locate: (path) => place(offsetOf(document, path, false)) };
}

/**
 * Parses and validates the text of a govern.yaml, as `parseYaml` does. Names that rules refer to are not checked yet (see
 * policy).
 */
export function parseWorkspace(text: string, file: string): ParsedWorkspace {
  const { value, locate } = parseYaml(text, file, workspaceSchema);
  return { workspace: value, locate };
}
