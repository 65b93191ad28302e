/** In which way a place is reached: by which calls, and how the choices on the way come out. */
import type { FunctionNode, Node } from "../modules/syntax.ts";
import type { Caller } from "./callers.ts";
import { noDecisions } from "./dependencies.ts";

export interface Link {
  readonly fn: FunctionNode;
  /** Undefined for any of them; "none" if nothing calls it. */
  readonly caller: Caller | "none" | undefined;
}

export interface Way {
  /** Innermost caller first. */
  readonly chain: readonly Link[];
  /** Parameters that were followed for their refinement only. */
  readonly soft: number;
  /** Functions whose parameters stay holes. */
  readonly leaves: ReadonlySet<FunctionNode>;
  /** How choices come out that several values hang on. */
  readonly decisions: ReadonlyMap<string, string>;
}

/** Whoever calls. */
export const anyWay: Way = { chain: [], soft: 0, leaves: new Set(), decisions: noDecisions };

/** The same way, and nothing calls a function. */
export function withoutCalls(fn: FunctionNode, at: Way): Way {
  return { ...at, chain: [...at.chain, { fn, caller: "none" }] };
}

/** The same way, and a choice comes out so. */
export function decidedSo(at: Way, key: string, outcome: string): Way {
  return { ...at, decisions: new Map([...at.decisions, [key, outcome]]) };
}

/** The call of a link, if it is a certain one. */
export function calledBy(link: Link | undefined): Node | undefined {
  return link === undefined || link.caller === "none" ? undefined : link.caller?.call;
}
