/** Code that stands in a text: run by `eval`, by constructors of functions and by timers. */
import type { Use } from "../../evaluate/flow.ts";
import {
  isCall,
  isFunction,
  isMember,
  literalText,
  memberName,
  spreadOf,
  type Node,
} from "../../modules/syntax.ts";
import { isCode, networkName, type Call, type CodeText, type TextReader } from "./text-reader.ts";

/** Polyfills of `bind` write the parameters of a function, and nothing else, into a text. */
const bindings: readonly RegExp[] = [
  /^binder\s+return function\s*\([^)]*\)\s*\{\s*return binder\.apply\(this,\s*arguments\);?\s*\}$/,
  /^C,a\s+return new C\([^)]*\)$/,
];

const unknownText = "is only known at run time";

class CodeReader {
  readonly found: CodeText[] = [];
  private readonly reader: TextReader;
  /** Scripts that try whether texts may be run. */
  private tried: ReadonlySet<unknown> | undefined;

  constructor(reader: TextReader) {
    this.reader = reader;
    for (const name of ["eval", "Function"]) {
      for (const node of reader.references(name)) this.runs(node, name);
      this.follow(reader.takenUses(name), name, () => true);
    }
    for (const node of this.constructors()) this.runs(node, "a constructor of functions");
    for (const call of this.constructed()) this.namesNetwork(call);
    for (const name of ["setTimeout", "setInterval"]) {
      for (const call of reader.calls(name)) this.timed(call);
    }
  }

  /** `(function () {}).constructor`, `Object.getPrototypeOf(async () => {}).constructor`, `[].constructor.constructor`. */
  private constructors(): Node[] {
    return this.reader.program.members("constructor").filter(({ object }) => {
      if (isFunction(object)) return true;
      if (isMember(object)) return memberName(object) === "constructor";
      if (!isCall(object) || !isMember(object.callee)) return false;
      return memberName(object.callee) === "getPrototypeOf" && isFunction(object.arguments[0]);
    });
  }

  /** Calls of what some object was constructed by. */
  private constructed(): Call[] {
    return this.reader.program.members("constructor").flatMap((member) => {
      const call = this.reader.program.parentOf(member);
      return isCall(call) && call.callee === member ? [call] : [];
    });
  }

  private namesNetwork(call: Call): void {
    const last = call.arguments.at(-1);
    if (last?.type !== "StringLiteral" && last?.type !== "TemplateLiteral") return;
    const code = this.reader.textOf(last);
    const named = isCode(code) ? networkName(code) : undefined;
    if (named !== undefined) this.add(call, `the text that a constructor runs names ${named}`);
  }

  /** Follows a function that runs texts to its calls. */
  private runs(node: Node, name: string): void {
    const { program } = this.reader;
    const parent = program.parentOf(node);
    if (parent?.type === "BinaryExpression" || parent?.type === "UnaryExpression") return;
    const isSame = (callee: Node): boolean => callee === node || this.isSurely(node, callee, name);
    this.follow(this.reader.uses(node), name, isSame);
  }

  private follow(uses: readonly Use[], name: string, isSame: (callee: Node) => boolean): void {
    for (const use of uses) {
      if (use.kind === "call" && isCall(use.node) && isSame(use.node.callee)) {
        this.run(use.node, use.node.arguments, name);
      } else if (use.kind === "reflected") {
        this.run(use.node, givenTo(use.node, "apply"), name);
      } else if (use.kind === "member" && /^(?:call|apply)$/.test(use.name ?? "")) {
        const call = this.reader.program.parentOf(use.node);
        const isCalled = isCall(call) && call.callee === use.node && isSame(use.node.object);
        if (isCalled) this.run(call, givenTo(call, use.name), name);
      }
    }
  }

  /** Following it forward goes through tables of everything there is: what is far away counts where the evaluator agrees. */
  private isSurely(node: Node, callee: Node, name: string): boolean {
    const last = callee.type === "SequenceExpression" ? callee.expressions.at(-1) : callee;
    if (last === node) return true;
    const binding = last?.type === "Identifier" ? this.reader.program.bindingOf(last) : undefined;
    const [declaration] = binding?.declarations ?? [];
    const isHeld = declaration?.type === "VariableDeclarator" && declaration.init === node;
    return isHeld || (last !== undefined && this.reader.isGlobal(last, name));
  }

  private run(call: Call, args: readonly Node[], name: string): void {
    const last = args.at(-1);
    if (last === undefined) return;
    const spread = last.type === "SpreadElement" ? last.argument : last;
    const { text, open, unreachable } = this.reader.known(spread);
    const code = [...args.slice(0, -1).map((one) => this.reader.textOf(one)), text].join(" ");
    const named = networkName(code);
    if (named !== undefined) return this.add(call, `the text that ${name} runs names ${named}`);
    if (unreachable) return this.add(call, "nothing calls it", "unreachable");
    const excuse = open ? this.excuse(call, args) : undefined;
    if (excuse !== undefined) this.add(call, excuse, "excluded");
    else if (open) this.add(call, `the text that ${name} runs ${unknownText}`);
  }

  /** Why a text that is not known is none that an app gives. */
  private excuse(call: Call, args: readonly Node[]): string | undefined {
    const code = args.map((one) => this.reader.codeOf(one)).join(" ");
    if (bindings.some((pattern) => pattern.test(code))) {
      return "it is a polyfill of bind, which writes parameters into the text";
    }
    return this.makesFunction(call, args) || this.isTried(call)
      ? "it is for where texts may be run, which the page's policy forbids"
      : undefined;
  }

  /** `isFunction(x) ? x : Function(x)`, `x = Function("" + x)`: timers and their polyfills take texts for functions. */
  private makesFunction(call: Call, args: readonly Node[]): boolean {
    const [given] = args;
    const from = given?.type === "BinaryExpression" ? given.right : given;
    if (args.length !== 1 || from?.type !== "Identifier") return false;
    const outer = this.reader.program.parentOf(call);
    if (outer?.type === "AssignmentExpression") return isNamed(outer.left, from.name);
    const isOther = outer?.type === "ConditionalExpression" && outer.alternate === call;
    return isOther && isNamed(outer.consequent, from.name);
  }

  /** Whether a compiler of validators tries first whether texts may be run: `try { new Function(""); … }`. */
  private isTried(call: Call): boolean {
    const [params, , ...others] = call.arguments;
    if (params?.type !== "SpreadElement" || others.length > 0) return false;
    const unit = this.reader.program.unitOf(call);
    this.tried ??= new Set(
      this.reader.references("Function").flatMap((node) =>
        this.reader.uses(node).flatMap((use) => {
          if (use.kind !== "call" || !isCall(use.node)) return [];
          const [text] = use.node.arguments;
          return literalText(text)?.trim() === "" ? [this.reader.program.unitOf(use.node)] : [];
        }),
      ),
    );
    return this.tried.has(unit);
  }

  /** A timer is given a function, or a text as it was once usual; what cannot be told is a function. */
  private timed(call: Call): void {
    const [code] = call.arguments;
    if (code === undefined || isFunction(code)) return;
    const texts = this.reader.values(code).filter((value) => value.kind === "text");
    if (texts.length === 0) return;
    const named = networkName(this.reader.textOf(code));
    const open = texts.some(({ parts }) => parts.some((part) => part.kind === "hole"));
    if (named !== undefined) this.add(call, `the text that a timer runs names ${named}`);
    else if (open) this.add(call, `the text that a timer runs ${unknownText}`);
  }

  private add(node: Node, reason: string, status: CodeText["status"] = "open"): void {
    this.found.push({ node, reason, status });
  }
}

/** What `f.call(self, …)`, `f.apply(self, list)` and `Reflect.apply(f, self, list)` give. */
function givenTo(call: Call, way: string | undefined): readonly Node[] {
  if (way === "call") return call.arguments.slice(1);
  const list = call.arguments.at(-1);
  if (list?.type !== "ArrayExpression") return list === undefined ? [] : [spreadOf(list)];
  return list.elements.filter((one) => one !== null);
}

function isNamed(node: Node, name: string): boolean {
  return node.type === "Identifier" && node.name === name;
}

/** Every place in a program that runs a text which names the network, or is not known. */
export function codeTexts(reader: TextReader): readonly CodeText[] {
  return new CodeReader(reader).found;
}
