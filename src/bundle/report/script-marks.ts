/** What verification keeps of the scripts as they were parsed. */
import type { Cut, ScriptMarks, Slice } from "../analysis.ts";
import type { Program } from "../modules/program.ts";
import { end, isFunction, start, type Node } from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import { sinksOf } from "../rewrite/sink-census.ts";

function kindOf(node: Node): Slice["kind"] {
  if (node.type === "ObjectMethod") return "object-member";
  if (node.type === "ClassMethod" || node.type === "ClassPrivateMethod") return "class-member";
  return isFunction(node) ? "function" : "statement";
}

/** The innermost function around a run, or the statement of the script that it stands in. */
function sliceAround(unit: Unit, cut: Cut): Slice | undefined {
  const innermost = unit.nodeAt(cut.start);
  let outer: Node = innermost;
  for (const node of [innermost, ...unit.ancestors(innermost)]) {
    if (node.type === "Program") break;
    const holds = start(node) <= cut.start && cut.end <= end(node);
    if (holds && isFunction(node))
      return { start: start(node), end: end(node), kind: kindOf(node) };
    outer = node;
  }
  return outer.type === "Program"
    ? undefined
    : { start: start(outer), end: end(outer), kind: "statement" };
}

/** The marks of the scripts that are files of their own, by their paths. */
export function marksOf(program: Program, cuts: readonly Cut[]): Map<string, ScriptMarks> {
  const units = program.units.filter(({ script }) => /\.[cm]?js$/i.test(script.file));
  return new Map(
    units.map((unit) => {
      const own = cuts.filter(({ file }) => file === unit.script.file);
      const slices = own.flatMap((cut) => sliceAround(unit, cut) ?? []);
      return [unit.script.file, { sinks: sinksOf(unit.tree.program), slices }];
    }),
  );
}
