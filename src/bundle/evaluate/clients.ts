/** Clients of HTTP libraries as values: their members, and the clients that they make. */
import { argumentValues } from "./arguments.ts";
import type { Evaluation } from "./evaluation.ts";
import { RootFrame, type Entered } from "./frame.ts";
import { unknownSet, type ClientLibrary, type ClientValue, type Values } from "./values.ts";
import type { CallNode, Node } from "../modules/syntax.ts";

/** The client that a library makes for itself. */
export function rootClient(library: ClientLibrary, at: Node): ClientValue {
  return { kind: "client", library, made: [{ at, options: [] }] };
}

/** A member of a client. */
export function clientMember(client: ClientValue, key: string): Values {
  if (client.member !== undefined) return unknownSet;
  if (key === "default") return [client];
  const isKnown = client.library.sends.has(key) || client.library.makes.has(key);
  return isKnown ? [{ ...client, member: key }] : unknownSet;
}

const noFrame = new RootFrame();

/** A property of a client; its `defaults` are what it was made with, unless something sets them. */
export function clientProperty(evaluation: Evaluation, client: ClientValue, key: string): Values {
  if (key !== "defaults" || client.member !== undefined) return clientMember(client, key);
  if (setsDefaults(evaluation)) return unknownSet;
  const base = { key: undefined, spread: true, node: null, frame: noFrame, optional: false };
  const given = client.made.filter(({ options }) => options.length > 0);
  return [{ kind: "object", entries: given.map(({ options }) => ({ ...base, values: options })) }];
}

/** Whether a script assigns `….baseURL`. */
function setsDefaults({ program }: Evaluation): boolean {
  return program.units.some((unit) =>
    (unit.index.members.get("baseURL") ?? []).some((member) => {
      const parent = unit.parentOf(member);
      return parent?.type === "AssignmentExpression" && parent.left === member;
    }),
  );
}

/** The client that a call of `create` or the like gives; what a request gives is not known. */
export function clientCall(
  evaluation: Evaluation,
  callee: ClientValue,
  call: { readonly node: CallNode; readonly entered: Entered },
): Values {
  const { library, made } = callee;
  const makes = callee.member === undefined ? undefined : library.makes.get(callee.member);
  if (makes === undefined) return unknownSet;
  const options = argumentValues(evaluation, call.entered, 0).flatMap((value) =>
    value.kind === "function" ? changedOptions(evaluation, value, { made, call }) : [value],
  );
  const before = makes === "with" ? made : made.slice(0, 1);
  return [{ kind: "client", library, made: [...before, { at: call.node, options }] }];
}

/** `extend((options) => …)`: the function is given the options so far. */
function changedOptions(
  evaluation: Evaluation,
  change: Extract<Values[number], { kind: "function" }>,
  from: {
    readonly made: ClientValue["made"];
    readonly call: { readonly node: CallNode; readonly entered: Entered };
  },
): Values {
  const { entered, node } = from.call;
  const values = [from.made.at(-1)?.options ?? unknownSet];
  return evaluation.returned(change, { args: [], caller: entered.caller, values }, node);
}
