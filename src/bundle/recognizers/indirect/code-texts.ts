/**
 * Code that stands in a text and names a network global. A governed page's policy lets none of it run; it is told, because what it
 * would send is registered nowhere. Texts that are only known at run time are left alone: the same policy stops them.
 */
import type { Evaluator } from "../../evaluate/evaluator.ts";
import { bareRoot } from "../../evaluate/wrapped.ts";
import { asText } from "../../evaluate/texts.ts";
import type { Program } from "../../modules/program.ts";
import {
  isCall,
  isFunction,
  isMember,
  plainKey,
  type CallNode,
  type MemberNode,
  type Node,
} from "../../modules/syntax.ts";

interface CodeText {
  readonly node: Node;
  readonly reason: string;
}

type Call = Exclude<CallNode, { type: "TaggedTemplateExpression" }>;

const network = /\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts)\b/;
const inMarkup = /<script\b|\bon[a-z]+\s*=|javascript:/i;
const inAddress = /^\s*(?:data:[^,]*(?:java|ecma)script[^,]*,|javascript:)/i;

/** Members that take markup. */
const markupMembers = ["innerHTML", "outerHTML", "srcdoc"];
const markupCalls: Readonly<Record<string, number>> = {
  insertAdjacentHTML: 1,
  write: 0,
  writeln: 0,
};

class CodeReader {
  readonly found: CodeText[] = [];
  private readonly program: Program;
  private readonly evaluator: Evaluator;

  constructor(program: Program, evaluator: Evaluator) {
    this.program = program;
    this.evaluator = evaluator;
    for (const name of ["eval", "Function"]) this.calls(name, (call) => this.evaluated(call, name));
    for (const name of ["setTimeout", "setInterval"]) this.calls(name, (call) => this.timed(call));
    for (const name of ["Worker", "SharedWorker"]) this.calls(name, (call) => this.loaded(call));
    this.calls("Blob", (call) => this.blob(call));
    for (const unit of program.units) {
      for (const call of unit.index.dynamicImports) this.imported(call);
    }
    this.markup();
  }

  /** Calls and constructions of a global by its plain name; `(0, eval)(…)` too. */
  private calls(name: string, take: (call: Call) => void): void {
    for (const node of this.program.unbound(name)) {
      const parent = this.program.parentOf(node);
      const callee = parent?.type === "SequenceExpression" ? parent : node;
      const call = this.program.parentOf(callee);
      if (isCall(call) && call.callee === callee) take(call);
    }
  }

  private add(node: Node, text: string, what: string): void {
    const named = network.exec(text)?.[0];
    if (named !== undefined) this.found.push({ node, reason: `${what} names ${named}` });
  }

  /** All that is known of a text, and the source of functions that are put into it. */
  private codeOf(node: Node | undefined): string {
    if (node === undefined) return "";
    switch (node.type) {
      case "TemplateLiteral":
        return [...node.quasis.map((quasi) => quasi.value.cooked ?? ""), ...node.expressions]
          .map((part) => (typeof part === "string" ? part : this.codeOf(part)))
          .join(" ");
      case "BinaryExpression":
        return `${this.codeOf(node.left)} ${this.codeOf(node.right)}`;
      case "ArrayExpression":
        return node.elements.map((one) => this.codeOf(one ?? undefined)).join(" ");
      case "CallExpression":
        if (isMember(node.callee)) return this.codeOf(node.callee.object);
        break;
      default:
    }
    return this.valueOf(node);
  }

  private valueOf(node: Node): string {
    this.evaluator.budget = 5000;
    const values = this.evaluator.evaluate(node, bareRoot(this.evaluator));
    return values
      .map((value) => {
        if (value.kind === "function") return this.program.unitOf(value.node).textOf(value.node);
        if (value.kind !== "text") return "";
        return asText(value)
          .parts.map((part) => (part.kind === "text" ? part.text : " "))
          .join("");
      })
      .join(" ");
  }

  private evaluated(call: Call, name: string): void {
    const code = (call.arguments as Node[]).map((one) => this.valueOf(one)).join(" ");
    this.add(call, code, `the text that ${name} runs`);
  }

  private timed(call: Call): void {
    const [code] = call.arguments as Node[];
    if (code === undefined || isFunction(code)) return;
    if (!/^(?:StringLiteral|TemplateLiteral|BinaryExpression)$/.test(code.type)) return;
    this.add(call, this.valueOf(code), "the text that a timer runs");
  }

  private loaded(call: Call): void {
    const [address] = call.arguments as Node[];
    const code = address === undefined ? "" : this.valueOf(address);
    if (inAddress.test(code)) this.add(call, decoded(code), "the text that a worker runs");
  }

  private imported(call: Node): void {
    const source =
      call.type === "ImportExpression" ? call.source : isCall(call) ? call.arguments[0] : undefined;
    if (source === undefined || source.type === "StringLiteral") {
      const text = source?.type === "StringLiteral" ? source.value : "";
      if (inAddress.test(text)) this.add(call, decoded(text), "the text that is imported");
      return;
    }
    const code = this.valueOf(source);
    if (inAddress.test(code)) this.add(call, decoded(code), "the text that is imported");
  }

  /** A script in a Blob is there to be run: it is of that type, or its script makes workers. */
  private blob(call: Call): void {
    const [parts, options] = call.arguments as Node[];
    if (call.type !== "NewExpression" || parts === undefined) return;
    const type = this.typeOf(options);
    const makesWorkers = this.program.unitOf(call).index.unbound.has("Worker");
    if (type === undefined ? !makesWorkers : !/(?:java|ecma)script/.test(type)) return;
    this.add(call, this.codeOf(parts), "the script in a Blob");
  }

  private typeOf(options: Node | undefined): string | undefined {
    if (options?.type !== "ObjectExpression") return undefined;
    for (const property of options.properties) {
      if (property.type !== "ObjectProperty") continue;
      if (plainKey(property.key, property.computed) === "type") return this.valueOf(property.value);
    }
    return undefined;
  }

  private markup(): void {
    for (const name of markupMembers) {
      for (const member of this.members(name)) {
        const write = this.program.parentOf(member);
        const isWrite = write?.type === "AssignmentExpression" && write.left === member;
        if (isWrite) this.inMarkup(write, write.right);
      }
    }
    for (const [name, index] of Object.entries(markupCalls)) {
      for (const member of this.members(name)) {
        const call = this.program.parentOf(member);
        if (!isCall(call) || call.callee !== member) continue;
        // Streams are written to as well.
        if (name !== "insertAdjacentHTML" && !this.isDocument(member.object)) continue;
        this.inMarkup(call, call.arguments[index]);
      }
    }
  }

  private members(name: string): MemberNode[] {
    return this.program.units.flatMap((unit) => [...(unit.index.members.get(name) ?? [])]);
  }

  private isDocument(node: Node): boolean {
    this.evaluator.budget = 5000;
    const values = this.evaluator.evaluate(node, bareRoot(this.evaluator));
    return values.some((value) => value.kind === "global" && value.path === "document");
  }

  private inMarkup(at: Node, node: Node | undefined): void {
    const code = node === undefined ? "" : this.codeOf(node);
    if (inMarkup.test(code)) this.add(at, code, "the markup that is put into the page");
  }
}

/** The text of a `data:` address, where it can be read. */
function decoded(address: string): string {
  const [head = "", ...rest] = address.split(",");
  const body = rest.join(",");
  if (/;base64$/i.test(head)) return Buffer.from(body, "base64").toString("utf8");
  return body.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Every text of code in a program that names a network global, where it is run. */
export function codeTexts(program: Program, evaluator: Evaluator): readonly CodeText[] {
  return new CodeReader(program, evaluator).found;
}
