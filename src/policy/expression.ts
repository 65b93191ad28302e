/** What a condition's tree says of itself before it runs: what it costs, which arguments it reads, which literals are no values. */
import { Environment, type ASTNode } from "@marcbachmann/cel-js";

const listMacros: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** Functions whose cost does not grow with what a caller sends, or grows with it once. */
const plainFunctions =
  /^(?:has|size|type|dyn|startsWith|endsWith|timestamp|duration|get[A-Z][A-Za-z]*)$/;

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}

function childrenOf(node: ASTNode): ASTNode[] {
  const args: unknown = node.args;
  const found: unknown[] = Array.isArray(args) ? args.flat(2) : [args];
  return found.filter(isNode);
}

function calledName(node: ASTNode): string | null {
  return node.op === "rcall" || node.op === "call" ? node.args[0] : null;
}

/** What would take unbounded time on a caller's values: a regular expression, a loop within a loop. */
export function unboundedPart(node: ASTNode, inLoop: boolean): string | null {
  const name = calledName(node);
  if (name === "matches") {
    return "matches is not available; use startsWith, endsWith, contains or ==";
  }
  const loops = name !== null && listMacros.has(name);
  if (loops && inLoop) return `${name} within another list function is not available`;
  for (const child of childrenOf(node)) {
    const part = unboundedPart(child, inLoop || loops);
    if (part !== null) return part;
  }
  return null;
}

/** Whether a condition loops, searches or converts: then its cost may be more than linear. */
export function searches(node: ASTNode): boolean {
  const name = calledName(node);
  if (name !== null && !plainFunctions.test(name)) return true;
  return childrenOf(node).some(searches);
}

/** The arguments that a condition reads. */
export interface ArgumentReads {
  /** Whether it mentions `arguments` at all. */
  readonly any: boolean;
  /** `body` → the fields read of it; null where it is read as a whole. The key "" stands for all arguments as a whole. */
  readonly parts: ReadonlyMap<string, ReadonlySet<string> | null>;
}

/** The names from `arguments` on, as far as they are literal: `arguments.body["amount"]`; null for anything else. */
function pathOf(node: ASTNode): string[] | null {
  if (node.op === "id") return node.args === "arguments" ? [] : null;
  if (node.op === ".") {
    const path = pathOf(node.args[0]);
    return path === null ? null : [...path, node.args[1]];
  }
  if (node.op !== "[]") return null;
  const [of, key] = node.args;
  const path = pathOf(of);
  return path === null || key.op !== "value" || typeof key.args !== "string"
    ? null
    : [...path, key.args];
}

/** Collects which fields of the arguments a condition reads. */
export function readsOf(root: ASTNode): ArgumentReads {
  const parts = new Map<string, Set<string> | null>();
  const visit = (node: ASTNode): void => {
    const path = pathOf(node);
    if (path === null) {
      for (const child of childrenOf(node)) visit(child);
      return;
    }
    const [part = "", field] = path;
    const known = parts.get(part);
    if (field === undefined) parts.set(part, null);
    else if (known === undefined) parts.set(part, new Set([field]));
    else known?.add(field);
  };
  visit(root);
  return { any: parts.size > 0, parts };
}

const literals = new Environment();

function literalText(node: ASTNode | undefined): string | null {
  return node?.op === "value" && typeof node.args === "string" ? node.args : null;
}

function timeFault(name: string, text: string): string | null {
  try {
    literals.evaluate(`${name}(${JSON.stringify(text)})`);
    return null;
  } catch {
    return `"${text}" is no ${name}`;
  }
}

function zoneFault(zone: string): string | null {
  try {
    Intl.DateTimeFormat("en", { timeZone: zone });
    return null;
  } catch {
    return `"${zone}" is no time zone`;
  }
}

/** A literal time, duration or time zone that is none: it would fail at every call. */
export function literalFault(node: ASTNode): string | null {
  if (node.op === "call" && /^(?:timestamp|duration)$/.test(node.args[0])) {
    const text = literalText(node.args[1][0]);
    if (text !== null) return timeFault(node.args[0], text);
  }
  if (node.op === "rcall" && node.args[0].startsWith("get")) {
    const zone = literalText(node.args[2][0]);
    const fault = zone === null ? null : zoneFault(zone);
    if (fault !== null) return fault;
  }
  for (const child of childrenOf(node)) {
    const fault = literalFault(child);
    if (fault !== null) return fault;
  }
  return null;
}
