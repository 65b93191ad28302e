/** Where scripts make elements of the page and set what they ask for: by JSX, by members, by attributes. */
import type * as t from "@babel/types";
import type { Program } from "../modules/program.ts";
import type { Binding } from "../modules/scope.ts";
import {
  isCall,
  isMember,
  literalText,
  memberName,
  plainKey,
  type MemberNode,
  type Node,
} from "../modules/syntax.ts";

/** One attribute that is set, with what else is set on the same element, as far as it stands beside it. */
export interface SetAttribute {
  readonly at: Node;
  /** The element's tag; undefined for a component, or an element whose tag is not seen. */
  readonly tag: string | undefined;
  readonly value: Node;
  /** The other attributes by their names, lower case. */
  readonly others: ReadonlyMap<string, Node>;
}

const makers = ["jsx", "jsxs", "jsxDEV", "createElement"];

function membersNamed(program: Program, name: string): MemberNode[] {
  return program.units.flatMap((unit) => [...(unit.index.members.get(name) ?? [])]);
}

/** The call of a member: `m.jsx(…)` and `(0, m.jsx)(…)`. */
export function callOf(program: Program, member: Node): t.CallExpression | undefined {
  const parent = program.parentOf(member);
  const callee = parent?.type === "SequenceExpression" ? parent : member;
  const call = callee === member ? parent : program.parentOf(callee);
  return call?.type === "CallExpression" && call.callee === callee ? call : undefined;
}

function propsOf(props: t.ObjectExpression): Map<string, Node> {
  const found = new Map<string, Node>();
  for (const property of props.properties) {
    if (property.type !== "ObjectProperty") continue;
    const key = plainKey(property.key, property.computed);
    if (key !== undefined) found.set(key.toLowerCase(), property.value);
  }
  return found;
}

interface Rendered {
  readonly tag: string | undefined;
  readonly props: t.ObjectExpression;
}

const renderedIn = new WeakMap<Program, readonly Rendered[]>();

/** The elements that a maker is given properties for; found once, they are looked at for each attribute. */
function renderedElements(program: Program): readonly Rendered[] {
  const known = renderedIn.get(program);
  if (known !== undefined) return known;
  const found = makers.flatMap((maker) =>
    membersNamed(program, maker).flatMap((member): Rendered[] => {
      const [tag, props] = (callOf(program, member)?.arguments ?? []) as Node[];
      if (props?.type !== "ObjectExpression") return [];
      return [{ tag: literalText(tag)?.toLowerCase(), props }];
    }),
  );
  renderedIn.set(program, found);
  return found;
}

function isNamed(property: Node, name: string): boolean {
  if (property.type !== "ObjectProperty") return false;
  return plainKey(property.key, property.computed)?.toLowerCase() === name;
}

function rendered(program: Program, name: string): SetAttribute[] {
  return renderedElements(program).flatMap(({ tag, props }): SetAttribute[] => {
    if (!props.properties.some((property) => isNamed(property, name))) return [];
    const others = propsOf(props);
    const value = others.get(name);
    return value === undefined ? [] : [{ at: value, tag, value, others }];
  });
}

function bindingOf(program: Program, object: Node): Binding | undefined {
  return object.type === "Identifier" ? program.bindingOf(object) : undefined;
}

/** What one member access sets: by an assignment, by `setAttribute`, or nothing, as a call. */
function setBy(program: Program, member: MemberNode): [string, Node] | undefined {
  const name = memberName(member)?.toLowerCase() ?? "";
  const parent = program.parentOf(member);
  if (parent?.type === "AssignmentExpression") return [name, parent.right];
  if (!isCall(parent)) return undefined;
  if (name !== "setattribute") return [`${name}()`, parent];
  const [key, value] = parent.arguments as Node[];
  const text = literalText(key)?.toLowerCase();
  return text === undefined || value === undefined ? undefined : [text, value];
}

/** What is set on the element of one variable in its script, by name; calls of its methods with `()`. */
function assignedBeside(program: Program, object: Node): Map<string, Node> {
  const found = new Map<string, Node>();
  for (const read of bindingOf(program, object)?.reads ?? []) {
    const member = program.parentOf(read);
    const set = isMember(member) && member.object === read ? setBy(program, member) : undefined;
    if (set !== undefined) found.set(...set);
  }
  return found;
}

/** The tag that an expression creates an element with. */
function tagOf(made: Node | null | undefined): string | undefined {
  if (!isCall(made)) return undefined;
  const { callee } = made;
  if (made.type === "NewExpression") {
    return callee.type === "Identifier" && callee.name === "Image" ? "img" : undefined;
  }
  const creates = isMember(callee) && memberName(callee) === "createElement";
  return creates ? literalText(made.arguments[0])?.toLowerCase() : undefined;
}

/** The tag of the element that an expression holds, where it is seen to be made. */
export function createdTag(program: Program, object: Node): string | undefined {
  const [declaration] = bindingOf(program, object)?.declarations ?? [];
  return tagOf(declaration?.type === "VariableDeclarator" ? declaration.init : object);
}

function assigned(program: Program, name: string): SetAttribute[] {
  return membersNamed(program, name).flatMap((member): SetAttribute[] => {
    const write = program.parentOf(member);
    if (write?.type !== "AssignmentExpression" || write.left !== member) return [];
    if (write.operator !== "=") return [];
    const others = assignedBeside(program, member.object);
    const tag = createdTag(program, member.object);
    return [{ at: write, tag, value: write.right, others }];
  });
}

function attributed(program: Program, name: string): SetAttribute[] {
  return membersNamed(program, "setAttribute").flatMap((member): SetAttribute[] => {
    const call = callOf(program, member);
    const [key, value] = (call?.arguments ?? []) as Node[];
    if (call === undefined || literalText(key)?.toLowerCase() !== name) return [];
    if (value === undefined) return [];
    const others = assignedBeside(program, member.object);
    return [{ at: call, tag: createdTag(program, member.object), value, others }];
  });
}

/** Every place that sets an attribute, given by its name as a property: `href`, `formAction`. */
export function setAttributes(program: Program, property: string): SetAttribute[] {
  const name = property.toLowerCase();
  return [...rendered(program, name), ...assigned(program, property), ...attributed(program, name)];
}
