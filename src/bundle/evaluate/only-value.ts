/** The value of a variable that has only one. */
import type { Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";

/** What a name is set to, where that is so at one place alone: minifiers part a declaration from its one assignment. */
export function onlyValue({ program }: Evaluation, name: Node): Node | undefined {
  const binding = name.type === "Identifier" ? program.bindingOf(name) : undefined;
  if (binding === undefined || binding.declarations.length + binding.writes.length > 2) {
    return undefined;
  }
  const [declared, other] = binding.declarations;
  if (declared?.type !== "VariableDeclarator" || other !== undefined) return undefined;
  const [write] = binding.writes;
  if (write === undefined || declared.init) {
    return write === undefined ? (declared.init ?? undefined) : undefined;
  }
  return write.type === "AssignmentExpression" ? write.right : undefined;
}
