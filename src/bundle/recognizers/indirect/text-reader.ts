/** What is known of a text that is run: its parts, across the callers that give it, and whether there is more to it. */
import { explore } from "../../evaluate/contexts.ts";
import type { Evaluator } from "../../evaluate/evaluator.ts";
import { FlowTracker, type Use } from "../../evaluate/flow.ts";
import { asText } from "../../evaluate/texts.ts";
import type { ParamValue, Value } from "../../evaluate/values.ts";
import type { Program } from "../../modules/program.ts";
import { isCall, isMember, type CallNode, type Node } from "../../modules/syntax.ts";

/** A place that runs code which stands in a text. */
export interface CodeText {
  readonly node: Node;
  readonly reason: string;
  readonly status?: "open" | "excluded" | "unreachable" | undefined;
  /** What it is told as; default `bypass`. */
  readonly rule?: "bypass" | "external-script" | undefined;
}

export type Call = Exclude<CallNode, { type: "TaggedTemplateExpression" }>;

/** Names by which code reaches a network. */
const network =
  /\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|WebTransport|RTCPeerConnection|fetchLater)\b/;

const code =
  /\b(?:fetch|importScripts|sendBeacon)\s*\(|\bnew\s+(?:XMLHttpRequest|WebSocket|EventSource)\b/;

/** Whether a text is code that reaches the network, and no sentence that names it. */
export function isCode(text: string): boolean {
  return code.test(text);
}

/** The first name of the network in a text. */
export function networkName(text: string): string | undefined {
  return network.exec(text)?.[0];
}

export interface KnownText {
  /** All that is known of it. */
  readonly text: string;
  /** There may be more, or anything. */
  readonly open: boolean;
  /** Nothing calls the code around it. */
  readonly unreachable: boolean;
}

export class TextReader {
  readonly program: Program;
  readonly evaluator: Evaluator;

  constructor(program: Program, evaluator: Evaluator) {
    this.program = program;
    this.evaluator = evaluator;
  }

  /** The values of an expression, without its callers. */
  values(node: Node): readonly Value[] {
    this.evaluator.budget = 5000;
    return this.evaluator.evaluate(node, this.evaluator.bareRoot);
  }

  /** What is known of a text, without its callers; the source of a function that is put into it. */
  textOf(node: Node): string {
    return this.values(node)
      .map((value) => this.source(value))
      .join(" ");
  }

  private source(value: Value): string {
    if (value.kind === "function") return this.program.unitOf(value.node).textOf(value.node);
    if (value.kind !== "text") return "";
    return asText(value)
      .parts.map((part) => (part.kind === "text" ? part.text : " "))
      .join("");
  }

  /** What is known of a text with what its callers give. */
  known(node: Node): KnownText {
    const { results, open, unreachable } = explore<string>(this.evaluator, node, (frame) => {
      const values = this.evaluator.evaluate(node, frame);
      return {
        results: values.map((value) => this.source(value)),
        open: values.some(isUnknown) ? ["it is only known at run time"] : [],
        needs: { hard: values.flatMap(paramsOf), soft: [] },
      };
    });
    return { text: results.join(" "), open: open.length > 0, unreachable };
  }

  /** The parts of a text that is put together in place; those of which nothing is known are empty. */
  pieces(node: Node | null | undefined): string[] {
    switch (node?.type) {
      case undefined:
        return [];
      case "TemplateLiteral": {
        const fixed = node.quasis.map((quasi) => quasi.value.cooked ?? "");
        return [
          ...fixed.filter((text) => text !== ""),
          ...node.expressions.flatMap((one) => this.pieces(one)),
        ];
      }
      case "BinaryExpression":
        return [...this.pieces(node.left), ...this.pieces(node.right)];
      case "ArrayExpression":
        return node.elements.flatMap((one) => this.pieces(one));
      case "StringLiteral":
        return node.value === "" ? [] : [node.value];
      case "CallExpression":
        if (isMember(node.callee)) return this.pieces(node.callee.object);
        break;
      default:
    }
    return [this.textOf(node as Node).trim()];
  }

  /** All that is known of a text that is put together in place. */
  codeOf(node: Node | undefined): string {
    return this.pieces(node).join(" ");
  }

  isGlobal(node: Node, path: string): boolean {
    return this.values(node).some((value) => value.kind === "global" && value.path === path);
  }

  /** References to a global: its bare name, and members of the window of that name. */
  references(name: string): Node[] {
    const members = this.program
      .members(name)
      .filter(({ object }) => this.isGlobal(object, "window"));
    return [...this.program.unbound(name), ...members];
  }

  /** Direct calls and constructions of a global; `(0, eval)(…)` too. */
  calls(name: string): Call[] {
    return this.references(name).flatMap((node) => {
      const parent = this.program.parentOf(node);
      const callee = parent?.type === "SequenceExpression" ? parent : node;
      const call = this.program.parentOf(callee);
      return isCall(call) && call.callee === callee ? [call] : [];
    });
  }

  /** What becomes of an expression. */
  uses(node: Node): readonly Use[] {
    return this.tracker().run(node, []).uses;
  }

  /** What becomes of a member of the window that patterns take. */
  takenUses(name: string): readonly Use[] {
    return this.program.taken(name).flatMap((property) => {
      const pattern = this.program.parentOf(property);
      const declarator = pattern && this.program.parentOf(pattern);
      const from = declarator?.type === "VariableDeclarator" ? declarator.init : null;
      if (!from || !this.isGlobal(from, "window")) return [];
      return this.tracker().runInto(property.value, []).uses;
    });
  }

  private tracker(): FlowTracker {
    this.evaluator.budget = 20_000;
    return new FlowTracker(this.evaluator, 60);
  }
}

function isUnknown(value: Value): boolean {
  if (value.kind === "unknown" || value.kind === "global") return true;
  return value.kind === "text" && value.parts.some((part) => part.kind === "hole" && !part.param);
}

function paramsOf(value: Value): ParamValue[] {
  if (value.kind === "param") return [value];
  if (value.kind !== "text") return [];
  return value.parts.flatMap((part) =>
    part.kind === "hole" && part.param !== undefined ? [part.param] : [],
  );
}
