/** Scripts that only Node can run: they need its own modules before anything else of them happens. */
import type * as t from "@babel/types";
import { isBuiltin } from "node:module";
import { GovernError } from "../../errors/govern-error.ts";
import type { Bundle } from "../files/bundle.ts";
import { clientFolder } from "../files/server-layout.ts";
import type { Program } from "./program.ts";
import { isFunction, type Node } from "./syntax.ts";
import type { Unit } from "./unit.ts";

/** Modules that answer requests. */
const servers =
  /^(?:(?:node:)?(?:https?|http2|net|cluster)|react-dom\/server.*|express|fastify|koa|@hono\/node-server|@remix-run\/(?:node|express|serve)|@react-router\/(?:node|express|serve))$/;

const isServerOnly = (name: string): boolean => isBuiltin(name) || servers.test(name);

/** Runs whenever the script does: no function and no choice around it. */
function isUnconditional(unit: Unit, node: Node): boolean {
  return unit
    .ancestors(node)
    .every((around) => !isFunction(around) && !/^(?:If|Conditional|Logical|Try)/.test(around.type));
}

/** `module.exports = require("http")`: how a bundler hands a module of Node on. */
function isHandedOn(unit: Unit, call: Node): boolean {
  const write = unit.parentOf(call);
  if (write?.type !== "AssignmentExpression" || write.right !== call) return false;
  const { left } = write;
  return (
    left.type === "MemberExpression" &&
    left.property.type === "Identifier" &&
    left.property.name === "exports"
  );
}

function requiredBy(unit: Unit): string[] {
  return [...(unit.index.unbound.get("require") ?? [])].flatMap((name) => {
    const call = unit.parentOf(name);
    if (call?.type !== "CallExpression" || call.callee !== name) return [];
    const [given] = call.arguments;
    if (given?.type !== "StringLiteral" || !isServerOnly(given.value)) return [];
    const isHanded = servers.test(given.value) && isHandedOn(unit, call);
    return isHanded || isUnconditional(unit, call) ? [given.value] : [];
  });
}

function importedBy(unit: Unit): string[] {
  return unit.tree.program.body
    .filter((node): node is t.ImportDeclaration => node.type === "ImportDeclaration")
    .map(({ source }) => source.value)
    .filter(isServerOnly);
}

interface Found {
  readonly file: string;
  readonly needs: string;
  readonly serves: boolean;
}

function serverScripts(program: Program): Found[] {
  return program.units.flatMap((unit) => {
    const needed = [...importedBy(unit), ...requiredBy(unit)];
    const [needs] = needed.toSorted((a, b) => Number(servers.test(b)) - Number(servers.test(a)));
    return needs === undefined
      ? []
      : [{ file: unit.script.file, needs, serves: needed.some((name) => servers.test(name)) }];
  });
}

const folderOf = (path: string): string => path.split("/").slice(0, -1).join("/");

/**
 * Refuses a bundle whose code is a server's. A stray script of Node beside an app's pages is let be, unless it serves.
 * @throws GovernError `bundle-server`, naming a script, what it needs, and what to give instead.
 */
export function refuseServerCode(bundle: Bundle, program: Program): void {
  const found = serverScripts(program);
  const hasPage = [...bundle.files.values()].some(({ kind }) => kind === "html");
  const first = found.find(({ serves }) => serves) ?? (hasPage ? undefined : found[0]);
  if (first === undefined) return;
  const folder = folderOf(first.file);
  const client = clientFolder([...bundle.files.keys()], (path) => folderOf(path) === folder);
  const beside = hasPage
    ? `Take ${first.file} out of the folder: what is in it is served to everybody.`
    : "Give the folder that the build wrote for the browser.";
  const next = client ? `Give the folder of its pages: ${bundle.root}/${client}.` : beside;
  throw new GovernError(
    "bundle-server",
    `${first.file} is code for a server: it needs ${first.needs}, which no page has.`,
    { next },
  );
}
