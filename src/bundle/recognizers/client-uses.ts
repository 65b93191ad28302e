/** Where the clients of an HTTP library go: the calls that they send, the clients made from them, and where they are lost. */
import { callersOf } from "../evaluate/callers.ts";
import { rootClient, clientMember } from "../evaluate/clients.ts";
import { FlowTracker, type Use } from "../evaluate/flow.ts";
import type { ClientLibrary, ClientValue } from "../evaluate/values.ts";
import {
  isCall,
  isMember,
  memberName,
  plainKey,
  type MemberNode,
  type Node,
} from "../modules/syntax.ts";
import { isWithin, type ClientFactory } from "./client-factories.ts";
import type { ReachedCall } from "./http-site.ts";
import type { RecognizerContext } from "./recognizer.ts";

/** Clients are used all over an app. */
const clientPlaces = 40_000;

/** A call that a client sends. */
export interface ClientCall extends ReachedCall {
  /** The clients that arrive there; the member says how they are called. */
  readonly clients: ClientValue[];
}

export interface ClientUses {
  readonly calls: ReadonlyMap<Node, ClientCall>;
  /** Places where a client is lost, with the reason. */
  readonly lost: ReadonlyMap<Node, string>;
  /** Members of a client that are neither sent nor made with (`defaults`), by where the client was made. */
  readonly members: ReadonlyMap<Node, readonly MemberNode[]>;
}

class UseWalk {
  readonly calls = new Map<Node, ClientCall>();
  readonly lost = new Map<Node, string>();
  readonly members = new Map<Node, MemberNode[]>();
  private readonly visited = new Set<string>();
  private readonly context: RecognizerContext;
  private readonly library: ClientLibrary;

  constructor(context: RecognizerContext, library: ClientLibrary) {
    this.context = context;
    this.library = library;
  }

  /** Follows a client, or a member of one, from an expression on. */
  follow(node: Node, client: ClientValue): void {
    const { start, loc } = node;
    const key = `${String(loc?.filename)} ${String(start)} ${String(node.end)} ${client.member}`;
    if (this.visited.has(key)) return;
    this.visited.add(key);
    const { evaluator } = this.context;
    evaluator.budget = 400_000;
    for (const use of new FlowTracker(evaluator, clientPlaces).run(node, []).uses) {
      this.use(use, client);
    }
  }

  private use(use: Use, client: ClientValue): void {
    switch (use.kind) {
      case "escape":
        if (!this.lost.has(use.node)) this.lost.set(use.node, use.reason);
        return;
      case "given":
        this.lost.set(use.node, "it is passed to code that is not followed");
        return;
      case "call":
        if (isCall(use.node)) this.called(use.node, use.node.arguments, client);
        return;
      case "pattern":
        this.takenApart(use.node, client);
        return;
      case "member":
        this.member(use.node, use.name, client);
        return;
      default:
    }
  }

  private called(call: ReachedCall["call"], args: readonly Node[], client: ClientValue): void {
    if (!isCall(call)) return;
    const makes = client.member === undefined ? undefined : this.library.makes.get(client.member);
    if (makes !== undefined) {
      const made = [...client.made, { at: call, options: [] }];
      this.follow(call, { kind: "client", library: this.library, made });
      return;
    }
    const known = this.calls.get(call);
    if (known === undefined) this.calls.set(call, { call, args, clients: [client] });
    else known.clients.push(client);
  }

  private takenApart(
    pattern: Extract<Use, { kind: "pattern" }>["node"],
    client: ClientValue,
  ): void {
    if (client.member !== undefined) return;
    for (const property of pattern.properties) {
      if (property.type === "RestElement") continue;
      const key = plainKey(property.key, property.computed);
      const [member] = key === undefined ? [] : clientMember(client, key);
      if (key !== undefined && member?.kind === "client") this.into(pattern, key, member);
    }
  }

  private into(pattern: Node, key: string, member: ClientValue): void {
    const { evaluator } = this.context;
    for (const use of new FlowTracker(evaluator, clientPlaces).runInto(pattern, [key]).uses) {
      this.use(use, member);
    }
  }

  private member(node: MemberNode, name: string | undefined, client: ClientValue): void {
    const parent = this.context.program.parentOf(node);
    const call = isCall(parent) && parent.callee === node ? parent : undefined;
    if (client.member !== undefined) return this.indirect(node, call, { name, client });
    if (name === undefined) {
      if (call !== undefined) this.called(call, call.arguments, client);
      return;
    }
    const [member] = clientMember(client, name);
    if (member?.kind !== "client") this.keep(node, client);
    else if (call !== undefined) this.called(call, call.arguments, member);
    else this.follow(node, member);
  }

  /** A member of a member: `get.call(…)`. */
  private indirect(
    node: MemberNode,
    call: ReachedCall["call"] | undefined,
    used: { name: string | undefined; client: ClientValue },
  ): void {
    const { name, client } = used;
    if (isCall(call) && name === "call") this.called(call, call.arguments.slice(1), client);
    else if (name === "apply") this.lost.set(node, "it is called through apply");
  }

  private keep(node: MemberNode, client: ClientValue): void {
    const at = client.made.at(-1)?.at;
    if (at !== undefined) this.members.set(at, [...(this.members.get(at) ?? []), node]);
  }
}

/** Follows every client of a library. */
export function clientUses(
  context: RecognizerContext,
  library: ClientLibrary,
  factories: readonly ClientFactory[],
): ClientUses {
  const walk = new UseWalk(context, library);
  for (const factory of factories) {
    context.evaluator.budget = 400_000;
    const inside = [factory.fn, ...factory.again];
    for (const { call } of callersOf(context.evaluator, factory.fn).callers) {
      if (inside.some((one) => isWithin(context.program, call, one))) continue;
      walk.follow(call, rootClient(library, call));
    }
  }
  return walk;
}

/** The value that is assigned to a path of members, e.g. `defaults.baseURL`, seen from the first of them. */
export function assignedTo(
  context: RecognizerContext,
  member: MemberNode,
): { readonly path: readonly string[]; readonly node: Node } | undefined {
  const path = [memberName(member) ?? ""];
  let at: Node = member;
  for (;;) {
    const parent = context.program.parentOf(at);
    if (parent?.type === "AssignmentExpression") {
      return parent.left === at && parent.operator === "="
        ? { path, node: parent.right }
        : undefined;
    }
    if (!isMember(parent) || parent.object !== at) return undefined;
    path.push(memberName(parent) ?? "");
    at = parent;
  }
}
