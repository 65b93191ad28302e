/** The value of a variable that has only one. */
import type { Binding } from "../modules/scope.ts";
import type { Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";

/** What a variable is set to, where that is so at one place alone: minifiers part a declaration from its one assignment. */
export function soleValue({ declarations, writes }: Binding): Node | undefined {
  const [declared, ...otherDeclarations] = declarations;
  const [write, ...otherWrites] = writes;
  if (declared?.type !== "VariableDeclarator" || otherDeclarations.length > 0) return undefined;
  if (write === undefined) return declared.init ?? undefined;
  if (declared.init || otherWrites.length > 0) return undefined;
  return write.type === "AssignmentExpression" ? write.right : undefined;
}

/** The same of a name. */
export function onlyValue({ program }: Evaluation, name: Node): Node | undefined {
  const binding = name.type === "Identifier" ? program.bindingOf(name) : undefined;
  return binding && soleValue(binding);
}
