/** Turns the analysis's cuts in one file into splices. */
import { traverseFast } from "@babel/types";
import { GovernError } from "../../errors/govern-error.ts";
import type { ClientCut, Cut, GlobalCut, TextCut } from "../analysis.ts";
import type { Script } from "../files/bundle.ts";
import { parseScript } from "./parse-script.ts";
import { headOf } from "./proxy-text.ts";
import type { Splice } from "./splices.ts";

const identifierEnd = /[\p{ID_Continue}$]$/u;

interface Place {
  readonly text: string;
  /** Offsets at which the callee of a `new` begins. */
  readonly constructed: ReadonlySet<number>;
}

/** Generated code in the place of a run: apart from a keyword that stood against it, as in return`…`. */
function generated(place: Place, at: number, code: string): string {
  const before = place.text.slice(Math.max(0, at - 2), at);
  return identifierEnd.test(before) ? ` ${code}` : code;
}

function globalSplice(cut: GlobalCut, place: Place): Splice {
  const call = `__govern.${cut.global}(${JSON.stringify(cut.site)})`;
  // `new __govern.XMLHttpRequest("s1")` would construct the getter instead of calling it.
  const code = place.constructed.has(cut.start) ? `(${call})` : call;
  const text = cut.shorthand ? `${cut.global}:${call}` : generated(place, cut.start, code);
  return { start: cut.start, end: cut.end, text };
}

/** Replaces what stands around kept runs, so that cuts inside them still apply. */
function around(
  span: { start: number; end: number },
  kept: readonly { start: number; end: number }[],
  texts: readonly string[],
): Splice[] {
  const splices: Splice[] = [];
  let at = span.start;
  for (const [index, run] of [...kept, { start: span.end, end: span.end }].entries()) {
    if (run.start < at || run.end > span.end) {
      throw new GovernError("internal", "the parts of a cut are not in the order of the text");
    }
    splices.push({ start: at, end: run.start, text: texts[index] ?? "" });
    at = run.end;
  }
  return splices;
}

function clientSplices(cut: ClientCut, place: Place): Splice[] {
  const head = `__govern.${cut.driver}(${JSON.stringify(cut.site)},${JSON.stringify(cut.client)}`;
  const code = generated(place, cut.start, head);
  return cut.options === null
    ? [{ start: cut.start, end: cut.end, text: `${code})` }]
    : around(cut, [cut.options], [`${code},`, ")"]);
}

function textSplices(cut: TextCut, place: Place): Splice[] {
  const head = generated(place, cut.start, `__govern.text(${JSON.stringify(cut.operation)},[`);
  if (cut.holes.length === 0) return [{ start: cut.start, end: cut.end, text: `${head}])` }];
  // Each hole in parentheses: it may be a comma expression.
  const between = cut.holes.slice(1).map(() => "),(");
  return around(cut, cut.holes, [`${head}(`, ...between, ")])"]);
}

function cutSplices(cut: Cut, place: Place): Splice[] {
  switch (cut.kind) {
    case "global":
      return [globalSplice(cut, place)];
    case "client":
      return clientSplices(cut, place);
    case "text":
      return textSplices(cut, place);
    case "credential":
      return [{ start: cut.start, end: cut.end, text: cut.replacement }];
  }
}

/** Cuts whose replacement calls the proxy. */
function needsProxy(cut: Cut): boolean {
  return cut.kind !== "credential";
}

function within(cut: Cut, script: Script): boolean {
  return cut.start >= script.offset && cut.end <= script.offset + script.code.length;
}

/**
 * The splices of one script.
 * @param text the whole file's text; offsets are in it
 * @param statement the proxy as one statement, to be inlined; null where a page's head has it already
 */
export function scriptSplices(
  script: Script,
  cuts: readonly Cut[],
  text: string,
  statement: string | null,
): Splice[] {
  const own = cuts.filter((cut) => within(cut, script));
  if (!own.some(needsProxy))
    return own.flatMap((cut) => cutSplices(cut, { text, constructed: new Set() }));
  const { program } = parseScript(script.code, script.type);
  const constructed = new Set<number>();
  traverseFast(program, (node) => {
    if (node.type !== "NewExpression") return;
    if (typeof node.callee.start === "number") constructed.add(script.offset + node.callee.start);
  });
  const splices = own.flatMap((cut) => cutSplices(cut, { text, constructed }));
  if (statement === null) return splices;
  const at = script.offset + headOf(program);
  const before = text.slice(script.offset, at);
  const apart = program.directives.length > 0 && !before.endsWith(";") ? ";" : "";
  const lineEnd = program.directives.length === 0 && program.interpreter ? "\n" : "";
  return [{ start: at, end: at, text: `${lineEnd}${apart}${statement}` }, ...splices];
}
