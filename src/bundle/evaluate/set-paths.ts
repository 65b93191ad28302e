/** URL objects whose path is set after they are made. */
import type { Binding } from "../modules/scope.ts";
import { memberName, type MemberNode } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import { frameFor, type Frame } from "./frame.ts";
import { asText } from "./texts.ts";
import type { Part, TextValue } from "./values.ts";
import { runs } from "./writes.ts";

/** `url.pathname = path`: the path of one that surely is set; of one that may be set nothing is known. */
export function withPathname(
  evaluation: Evaluation,
  value: TextValue,
  at: { members: readonly MemberNode[]; binding: Binding; frame: Frame },
): TextValue {
  let moved = value;
  for (const member of at.members) {
    const write = evaluation.program.parentOf(member);
    const isSet = write?.type === "AssignmentExpression" && write.left === member;
    const sure = isSet && memberName(member) === "pathname" && runs(evaluation, at, write);
    if (!isSet || sure === false) continue;
    const own = frameFor(evaluation.program.unitOf(write).functionOf(write), at.frame);
    const given = evaluation.evaluate(write.right, own).map((one) => asText(one, write.right));
    const [path, ...others] = given;
    const isKnown = sure === true && others.length === 0 && write.operator === "=";
    const parts = isKnown && path !== undefined ? path.parts : [openHole];
    moved = { kind: "text", parts: [...originOf(value), ...afterSlash(parts)] };
  }
  return moved;
}

const openHole: Part = { kind: "hole", encoded: false, number: false };

/** The origin that a URL object keeps whatever its path is. */
function originOf({ parts: [first] }: TextValue): readonly Part[] {
  if (first?.kind === "hole") return isOwnPage(first.global) ? [] : [first];
  const origin =
    first?.kind === "text" ? /^(?:[a-z][a-z\d+.-]*:)?\/\/[^/?#]*/i.exec(first.text) : null;
  return origin === null ? [] : [{ kind: "text", text: origin[0] }];
}

function isOwnPage(global: string | undefined): boolean {
  return /^(?:document\.)?location(?:\.href|\.origin)?$/.test(global ?? "");
}

function afterSlash(parts: readonly Part[]): readonly Part[] {
  const [first] = parts;
  const isRooted = first?.kind === "text" && first.text.startsWith("/");
  return isRooted ? parts : [{ kind: "text", text: "/" }, ...parts];
}
