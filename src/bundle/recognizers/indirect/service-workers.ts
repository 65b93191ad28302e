/** Registrations of service workers: what answers a page's requests in its place. */
import { isCall, isMember, memberName, type Node } from "../../modules/syntax.ts";
import type { Call, TextReader } from "./text-reader.ts";

/** Whether an expression is `navigator.serviceWorker`, or a variable that holds it. */
function isContainer({ program }: TextReader, node: Node): boolean {
  if (isMember(node)) return memberName(node) === "serviceWorker";
  const binding = node.type === "Identifier" ? program.bindingOf(node) : undefined;
  const [declaration] = binding?.declarations ?? [];
  if (declaration?.type !== "VariableDeclarator") return false;
  const { init } = declaration;
  return (
    init !== null && init !== undefined && isMember(init) && memberName(init) === "serviceWorker"
  );
}

/** Every `navigator.serviceWorker.register(…)`. */
export function serviceWorkers(reader: TextReader): Call[] {
  return reader.program.members("register").flatMap((member): Call[] => {
    const call = reader.program.parentOf(member);
    if (!isCall(call) || call.callee !== member) return [];
    return isContainer(reader, member.object) ? [call] : [];
  });
}
