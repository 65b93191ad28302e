/**
 * The expressions that hold the page's global object, its navigator, or the window of another page: where following what
 * scripts take from them begins.
 */
import type { GlobalCut } from "../analysis.ts";
import type { Evaluator } from "../evaluate/evaluator.ts";
import type { Program } from "../modules/program.ts";
import {
  isCall,
  isMember,
  literalText,
  memberName,
  type CallNode,
  type MemberNode,
  type Node,
} from "../modules/syntax.ts";

type Call = Exclude<CallNode, { type: "TaggedTemplateExpression" }>;
type Global = GlobalCut["global"];

export const ofWindow: readonly Global[] = ["fetch", "XMLHttpRequest", "WebSocket", "EventSource"];
export const ofNavigator: readonly Global[] = ["sendBeacon"];

/** A governed page is in no frame: these are its own window. */
const ownWindows = ["window", "self", "globalThis", "top", "parent", "frames"];

/** Objects that hold network globals, as expressions. */
export interface Root {
  readonly node: Node;
  readonly names: readonly Global[];
  /** The window of another page. */
  readonly isOther: boolean;
  /** A pattern takes it: what it is assigned to. */
  readonly target?: Node;
}

function own(node: Node): Root {
  return { node, names: ofWindow, isOther: false };
}

export function other(node: Node): Root {
  return { node, names: ofWindow, isOther: true };
}

/** Members that hold the window of another page, whatever they are members of. */
const otherWindows = ["contentWindow", "opener"];

/** Functions of Object that give away what an object holds. */
const copies = /^(?:values|entries|create|getOwnPropertyDescriptors)$/;

/** Members that hold the window an event or a message comes from. */
const eventWindows = /^(?:view|source)$/;

class RootReader {
  private readonly program: Program;
  private readonly evaluator: Evaluator;

  constructor(program: Program, evaluator: Evaluator) {
    this.program = program;
    this.evaluator = evaluator;
  }

  roots(): Root[] {
    const { program } = this;
    const frames = program
      .members("frames")
      .filter(({ object }) => this.isGlobal(object, "window"));
    return [
      ...ownWindows.flatMap((name) => program.unbound(name).map(own)),
      ...frames.map(own),
      ...program
        .members("defaultView")
        .map((node) => (this.isGlobal(node.object, "document") ? own(node) : other(node))),
      ...this.evaluatedWindows().map(own),
      ...this.calledWindows().map(own),
      ...this.otherRoots(),
      ...program.unbound("navigator").map((node): Root => {
        return { node, names: ofNavigator, isOther: false };
      }),
    ];
  }

  private otherRoots(): Root[] {
    const { program } = this;
    const named = otherWindows.flatMap((name) => program.members(name));
    const events = this.sinkMembers().flatMap(({ object }) =>
      isMember(object) && eventWindows.test(memberName(object) ?? "") ? [object] : [],
    );
    const taken = [...otherWindows, "defaultView"].flatMap((name) => program.taken(name));
    return [
      ...[...program.unbound("opener"), ...named, ...events, ...this.openedWindows()].map(other),
      ...taken.map((node): Root => ({ ...other(node), target: node.value })),
    ];
  }

  private sinkMembers(): MemberNode[] {
    return ofWindow.flatMap((name) => this.program.members(name));
  }

  /** `this` of a function that is called where it stands: the page's global object, or nothing. */
  private calledWindows(): Node[] {
    return this.sinkMembers().flatMap(({ object }) => {
      if (object.type !== "ThisExpression") return [];
      const unit = this.program.unitOf(object);
      let fn = unit.functionOf(object);
      while (fn?.type === "ArrowFunctionExpression") fn = unit.functionOf(fn);
      const call = fn && this.program.parentOf(fn);
      return call?.type === "CallExpression" && call.callee === fn ? [object] : [];
    });
  }

  /** What `window.open(…)` gives. */
  private openedWindows(): Node[] {
    const { program } = this;
    const members = program.members("open").filter(({ object }) => {
      const isName = object.type === "Identifier" && ownWindows.includes(object.name);
      return isName && program.bindingOf(object) === undefined;
    });
    return [...program.unbound("open"), ...members].flatMap((open) => {
      const call = program.parentOf(open);
      return isCall(call) && call.callee === open ? [call] : [];
    });
  }

  private isGlobal(node: Node, path: string): boolean {
    this.evaluator.budget = 5000;
    const values = this.evaluator.evaluate(node, this.evaluator.bareRoot);
    return values.some((value) => value.kind === "global" && value.path === path);
  }

  /** `Function("return this")()` and `(0, eval)("this")`. */
  private evaluatedWindows(): Node[] {
    const made = this.program.unbound("Function").flatMap((name) => {
      const inner = this.program.parentOf(name);
      const call = isCall(inner) ? this.program.parentOf(inner) : undefined;
      if (!isCall(inner) || inner.callee !== name || !isCall(call)) return [];
      const text = literalText(inner.arguments.at(-1)) ?? "";
      return call.callee === inner && /^\s*return\s+(?:this|self|window|globalThis)\b/.test(text)
        ? [call]
        : [];
    });
    const evaluated = this.program.unbound("eval").flatMap((name) => {
      const outer = this.program.parentOf(name);
      const call = outer?.type === "SequenceExpression" ? this.program.parentOf(outer) : outer;
      if (!isCall(call)) return [];
      return /^\s*(?:this|self|window)\s*$/.test(literalText(call.arguments[0]) ?? "")
        ? [call]
        : [];
    });
    return [...made, ...evaluated];
  }
}

/** Every expression of a program that holds network globals. */
export function pageRoots(program: Program, evaluator: Evaluator): Root[] {
  return new RootReader(program, evaluator).roots();
}

/** Whether a call gives away what an object holds that it is given: `Object.values(window)`, `new Proxy(window, …)`. */
function givesAway(call: Call, index: number): boolean {
  const { callee } = call;
  if (callee.type === "Identifier") return callee.name === "Proxy" && index === 0;
  if (!isMember(callee) || callee.object.type !== "Identifier") return false;
  if (callee.object.name !== "Object") return false;
  const name = memberName(callee) ?? "";
  return name === "assign" ? index > 0 : index === 0 && copies.test(name);
}

/** Whether what the page's global object holds is copied; `{...window}` too. */
export function isCopied(program: Program, { node, names, isOther }: Root): boolean {
  if (isOther || names !== ofWindow) return false;
  const parent = program.parentOf(node);
  if (parent?.type === "SpreadElement") {
    return program.parentOf(parent)?.type === "ObjectExpression";
  }
  return isCall(parent) && givesAway(parent, parent.arguments.indexOf(node as never));
}
