/**
 * What scripts take from the page's global object and from its navigator in another way than by a member's plain name: computed
 * members, patterns, reflection; and what they take from the windows of other pages.
 */
import type * as t from "@babel/types";
import type { GlobalCut } from "../analysis.ts";
import { explore } from "../evaluate/contexts.ts";
import type { Evaluator } from "../evaluate/evaluator.ts";
import { FlowTracker, type Use } from "../evaluate/flow.ts";
import { onlyValue } from "../evaluate/only-value.ts";
import { plainText, type ParamValue, type Value } from "../evaluate/values.ts";
import { isCopied, ofNavigator, ofWindow, other, pageRoots, type Root } from "./page-roots.ts";
import type { Program } from "../modules/program.ts";
import {
  isCall,
  isMember,
  literalText,
  memberName,
  plainKey,
  type MemberNode,
  type Node,
} from "../modules/syntax.ts";

type Global = GlobalCut["global"];

/** A network global that is taken: by an expression, or by a pattern into a target. */
export interface TakenGlobal {
  readonly global: Global;
  readonly node: Node;
  readonly target: Node | null;
}

/** A place that takes a network global, or may take one, in a way that nothing can follow or replace. */
export interface LostGlobal {
  readonly node: Node;
  readonly reason: string;
  /** Excluded: whatever it is, it comes from the globals, where the proxy stands. */
  readonly status: "open" | "excluded";
}

interface PageObjects {
  readonly taken: readonly TakenGlobal[];
  readonly lost: readonly LostGlobal[];
}

/** Places that one object of the page is followed to. */
const places = 400;

const pageObject = /^(?:window|top|parent|frames|document\.defaultView|navigator)$/;

function isPageObject(value: Value): boolean {
  return value.kind === "global" && pageObject.test(value.path);
}

const unknownMember = "it calls a member of a page object whose name is only known at run time";

/** Whether a name of which only parts are known can be one of a network global: `${kind}Array` cannot. */
function mayName(value: Value): boolean {
  if (value.kind !== "text") return true;
  const parts = value.parts.map((part) =>
    part.kind === "text" ? part.text.replaceAll(/[^A-Za-z0-9_]/g, "\\$&") : ".*",
  );
  const pattern = new RegExp(`^${parts.join("")}$`, "s");
  return [...ofWindow, ...ofNavigator].some((name) => pattern.test(name));
}

class PageReader {
  readonly taken = new Map<Node, TakenGlobal>();
  readonly lost = new Map<Node, LostGlobal>();
  private readonly program: Program;
  private readonly evaluator: Evaluator;

  constructor(program: Program, evaluator: Evaluator) {
    this.program = program;
    this.evaluator = evaluator;
    for (const root of pageRoots(program, evaluator)) this.follow(root);
    // Nothing else gives it as a name of its own.
    for (const name of program.unbound("sendBeacon")) {
      this.lose(name, "sendBeacon is taken from what a with statement names");
    }
  }

  private isGlobal(node: Node, path: string): boolean {
    this.evaluator.budget = 5000;
    const values = this.evaluator.evaluate(node, this.evaluator.bareRoot);
    return values.some((value) => value.kind === "global" && value.path === path);
  }

  /** `window.x` says what it takes; only what is not one of the names is of interest then. */
  private isPlain({ node, isOther }: Root): boolean {
    const parent = this.program.parentOf(node);
    if (parent?.type === "UnaryExpression" || parent?.type === "BinaryExpression") return true;
    if (isOther || !isMember(parent) || parent.object !== node) return false;
    const name = memberName(parent);
    if (name === undefined || /^\d+$/.test(name)) return false;
    return node.type === "Identifier" && !ofWindow.includes(name as Global);
  }

  private follow(root: Root): void {
    if (root.target === undefined && this.isPlain(root)) return;
    if (isCopied(this.program, root)) {
      const reason =
        "it copies the page's global object: what is taken from the copy is not followed";
      return this.lose(root.node, reason);
    }
    this.evaluator.budget = 50_000;
    const tracker = new FlowTracker(this.evaluator, places);
    const { node, target } = root;
    const { uses } = target === undefined ? tracker.run(node, []) : tracker.runInto(target, []);
    for (const use of uses) this.take(root, use);
  }

  private take(root: Root, use: Use): void {
    if (use.kind === "pattern") this.takePattern(root, use.node);
    else if (use.kind === "escape") this.takeReflected(root, use.node);
    else if (use.kind === "member") {
      if (this.isWritten(use.node)) return;
      if (use.name === undefined || /^\d+$/.test(use.name)) this.takeComputed(root, use.node);
      else if (this.isFrame(root, use.node)) this.follow(other(use.node));
      else this.takeNamed(root, use.node, use.name);
    }
  }

  /** `frames.name.fetch`: the window of a frame, by its name. */
  private isFrame({ node }: Root, member: MemberNode): boolean {
    if (member.object !== node) return false;
    const name = node.type === "Identifier" ? node.name : isMember(node) ? memberName(node) : "";
    const outer = this.program.parentOf(member);
    const taken = isMember(outer) && outer.object === member ? memberName(outer) : undefined;
    return name === "frames" && ofWindow.includes(taken as Global);
  }

  private isWritten(member: MemberNode): boolean {
    const parent = this.program.parentOf(member);
    if (parent?.type === "AssignmentExpression") return parent.left === member;
    return parent?.type === "UnaryExpression" || parent?.type === "UpdateExpression";
  }

  private add(root: Root, taken: TakenGlobal): void {
    if (!root.isOther) this.taken.set(taken.node, taken);
    else this.lose(taken.node, `it is ${taken.global} of another window`);
  }

  private lose(node: Node, reason: string, status: LostGlobal["status"] = "open"): void {
    this.lost.set(node, { node, reason, status });
  }

  private nameOf(root: Root, name: string | undefined): Global | undefined {
    return root.names.find((one) => one === name);
  }

  private takeNamed(root: Root, node: MemberNode, name: string): void {
    const global = this.nameOf(root, name);
    if (global === undefined || !this.isSurely(root, node.object)) return;
    this.add(root, { global, node, target: null });
  }

  /**
   * Whether an expression is the object itself: following it forward goes through names that minifiers use again for other
   * things, so that what is found far away counts only where the evaluator says the same.
   */
  private isSurely(root: Root, object: Node): boolean {
    if (object === root.node || this.isHeld(root, object)) return true;
    this.evaluator.budget = 5000;
    return explore<true>(this.evaluator, object, (frame) => {
      const values = this.evaluator.evaluate(object, frame);
      const hard: ParamValue[] = values.filter((value) => value.kind === "param");
      const results: true[] = values.some(isPageObject) ? [true] : [];
      return { results, open: [], needs: { hard, soft: [] } };
    }).results.includes(true);
  }

  /** Whether it is the variable that the object is put into, once and for all. */
  private isHeld({ node, target }: Root, object: Node): boolean {
    const binding = object.type === "Identifier" ? this.program.bindingOf(object) : undefined;
    if (binding?.declarations.length !== 1) return false;
    const [declaration] = binding.declarations;
    const init = declaration?.type === "VariableDeclarator" ? declaration.init : null;
    if (binding.writes.length + (init ? 1 : 0) > 1) return false;
    return (
      init === node || (target?.type === "Identifier" && this.program.bindingOf(target) === binding)
    );
  }

  private takePattern(root: Root, pattern: t.ObjectPattern): void {
    const parent = this.program.parentOf(pattern);
    const source = parent?.type === "VariableDeclarator" ? parent.init : null;
    if (source && !this.isSurely(root, source)) return;
    for (const property of pattern.properties) {
      if (property.type === "RestElement") {
        const { uses } = new FlowTracker(this.evaluator, places).runInto(property.argument, []);
        for (const use of uses) if (use.kind === "member") this.take(root, use);
        continue;
      }
      const global = this.nameOf(root, plainKey(property.key, property.computed));
      if (global !== undefined) this.add(root, { global, node: property, target: property.value });
    }
  }

  /** `Reflect.get(window, "fetch")` is the global; of a descriptor only that it is taken is known. */
  private takeReflected(root: Root, call: Node): void {
    if (!isCall(call)) return;
    const [, key] = call.arguments;
    const name = literalText(key);
    const global = this.nameOf(root, name);
    const gets = (): boolean => this.isGlobal(call.callee, "Reflect.get");
    if (name === undefined) {
      if (key !== undefined && gets() && this.isCalled(call)) this.lose(call, unknownMember);
    } else if (global !== undefined && gets()) {
      this.add(root, { global, node: call, target: null });
    } else if (global !== undefined) this.lose(call, `${global} is taken by reflection`);
  }

  private takeComputed(root: Root, member: MemberNode): void {
    // The windows of frames are members by their numbers.
    if (member.property.type === "NumericLiteral")
      return root.isOther ? undefined : this.follow(other(member));
    const { names, open } = this.keysOf(root, member);
    const found = [...names].flatMap((name) => this.nameOf(root, name) ?? []);
    const [global] = found;
    if (global !== undefined && names.size === 1 && !open) {
      this.add(root, { global, node: member, target: null });
    } else if (global !== undefined) {
      this.lose(member, `it may be ${found.join(" or ")}: its name is only known at run time`);
    } else if (open && this.isConstructed(member)) {
      // Libraries revive typed data so: `new self[type](value)`.
      const reason = "it constructs what a name that is only known at run time stands for";
      this.lose(member, reason, "excluded");
    } else if (open && this.isCalled(member)) {
      this.lose(member, unknownMember);
    }
  }

  private isConstructed(member: MemberNode): boolean {
    const parent = this.program.parentOf(member);
    return parent?.type === "NewExpression" && parent.callee === member;
  }

  /** The names of a computed member, as far as its object is one of the page. */
  private keysOf(
    { isOther }: Root,
    member: MemberNode,
  ): { names: ReadonlySet<string>; open: boolean } {
    const explored = explore<string>(this.evaluator, member, (frame) => {
      const results: string[] = [];
      const open: string[] = [];
      const objects = isOther ? [] : this.evaluator.evaluate(member.object, frame);
      const hard: ParamValue[] = objects.filter((value) => value.kind === "param");
      if (!isOther && !objects.some(isPageObject))
        return { results, open, needs: { hard, soft: [] } };
      const values = this.isSymbol(member.property)
        ? []
        : this.evaluator.evaluate(member.property, frame);
      for (const value of values) {
        const text = plainText(value);
        if (text !== undefined) results.push(text);
        else if (value.kind === "param") hard.push(value);
        else if (value.kind !== "literal" && mayName(value)) open.push("unknown");
      }
      return { results, open, needs: { hard, soft: [] } };
    });
    return { names: new Set(explored.results), open: explored.open.length > 0 };
  }

  /** `window[Symbol.for("…")]`: symbols name what scripts leave there for each other. */
  private isSymbol(key: Node): boolean {
    const node = key.type === "Identifier" ? onlyValue(this.evaluator, key) : key;
    if (!isCall(node)) return false;
    const callee = isMember(node.callee) ? node.callee.object : node.callee;
    return (
      callee.type === "Identifier" && callee.name === "Symbol" && !this.program.bindingOf(callee)
    );
  }

  private isCalled(node: Node): boolean {
    this.evaluator.budget = 20_000;
    return new FlowTracker(this.evaluator, places)
      .run(node, [])
      .uses.some(
        (use) =>
          use.kind === "call" ||
          (use.kind === "member" && /^(?:call|apply|bind)$/.test(use.name ?? "")),
      );
  }
}

const known = new WeakMap<Evaluator, PageObjects>();

/** What is taken from the page's objects, found once per evaluator. */
export function pageObjects(program: Program, evaluator: Evaluator): PageObjects {
  const cached = known.get(evaluator);
  if (cached !== undefined) return cached;
  const reader = new PageReader(program, evaluator);
  const found = { taken: [...reader.taken.values()], lost: [...reader.lost.values()] };
  known.set(evaluator, found);
  return found;
}
