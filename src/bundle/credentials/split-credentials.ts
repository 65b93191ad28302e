/**
 * Credentials that no single literal holds: `"sk_live_" + rest`, `["ghp_", rest].join("")`. A literal that begins like one
 * leads to the expression around it, and the evaluator says what that gives.
 */
import type { Evaluator } from "../evaluate/evaluator.ts";
import type { Part } from "../evaluate/values.ts";
import type { Program } from "../modules/program.ts";
import { isCall, isMember, literalText, memberName, type Node } from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import { scanText } from "./scan-text.ts";

export interface SplitCredential {
  readonly parts: readonly Part[];
  readonly kind: string;
}

/** A literal with the beginning of a credential, and less than one. */
const beginnings =
  /["'`](?:[sr]k_(?:live|test)_|whsec_|sk-|AIza|GOCSPX-|AKIA|ASIA|eyJ|sb_secret_|gh[pousr]_|github_pat_|glpat-|xox[abp]-|npm_|SG\.|(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?):\/\/)[^"'`\s]{0,120}["'`$]/g;

function isJoin(node: Node, member: Node): boolean {
  if (!isMember(member) || !isCall(node) || node.callee !== member) return false;
  return /^(?:concat|join)$/.test(memberName(member) ?? "");
}

/** Whether the value of a node goes into the text that its parent makes. */
function makesText(parent: Node, node: Node): boolean {
  switch (parent.type) {
    case "BinaryExpression":
      return parent.operator === "+";
    case "TemplateLiteral":
    case "ArrayExpression":
    case "ParenthesizedExpression":
      return true;
    case "MemberExpression":
      return parent.object === node && /^(?:concat|join)$/.test(memberName(parent) ?? "");
    case "CallExpression":
      return parent.callee === node ? isJoin(parent, node) : isConcat(parent);
    default:
      return false;
  }
}

function isConcat(call: Extract<Node, { type: "CallExpression" }>): boolean {
  return isMember(call.callee) && memberName(call.callee) === "concat";
}

function textAround(unit: Unit, literal: Node): Node {
  let node = literal;
  for (;;) {
    const parent = unit.parentOf(node);
    if (parent === undefined || !makesText(parent, node)) return node;
    node = parent;
  }
}

/** The expressions that a literal is a part of, also under the name of the variable that holds it. */
function expressionsAround(unit: Unit, literal: Node): Node[] {
  const around = textAround(unit, literal);
  const parent = unit.parentOf(around);
  const found = around === literal && literal.type === "StringLiteral" ? [] : [around];
  if (parent?.type !== "VariableDeclarator" || parent.id.type !== "Identifier") return found;
  const reads = unit.scopeOf(parent).lookup(parent.id.name)?.reads ?? [];
  return [...found, ...reads.slice(0, 16).map((read) => textAround(unit, read))];
}

function literalAt(unit: Unit, offset: number): Node | undefined {
  const node = unit.nodeAt(offset);
  if (node.type === "StringLiteral" || node.type === "TemplateLiteral") return node;
  return node.type === "TemplateElement" ? unit.parentOf(node) : undefined;
}

/** The kind of secret that a whole text is. */
async function kindOf(text: string): Promise<string | null> {
  const [hit] = text === "" ? [] : await scanText(text);
  const isWhole = hit !== undefined && hit.end - hit.start === text.length;
  return isWhole && !hit.isPublic ? hit.kind : null;
}

async function splitOf(evaluator: Evaluator, node: Node): Promise<SplitCredential | null> {
  evaluator.budget = 20_000;
  for (const value of evaluator.evaluate(node, evaluator.bareRoot)) {
    if (value.kind !== "text" || value.parts.length < 2) continue;
    const texts = value.parts.map((part) => (part.kind === "text" ? part.text : null));
    const kind = texts.includes(null) ? null : await kindOf(texts.join(""));
    if (kind !== null) return { parts: value.parts, kind };
  }
  return null;
}

/** The credentials that the scripts of a program put together from several literals. */
export async function splitCredentials(
  program: Program,
  evaluator: Evaluator,
): Promise<SplitCredential[]> {
  const found: SplitCredential[] = [];
  for (const unit of program.units) {
    for (const match of unit.script.code.matchAll(beginnings)) {
      const literal = literalAt(unit, match.index + 1);
      if (literal === undefined || (await kindOf(literalText(literal) ?? "")) !== null) continue;
      for (const node of expressionsAround(unit, literal)) {
        const split = await splitOf(evaluator, node);
        if (split !== null) found.push(split);
      }
    }
  }
  return found;
}
