/**
 * GraphQL documents (GraphQL, October 2021): what one does, and its canonical spelling. Judged by the reference parser alone
 * and fail closed: what is not one operation with all of its fragments is not understood.
 */
import {
  Kind,
  OperationTypeNode,
  parse,
  print,
  visit,
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql/language/index.js";
import { textFault } from "../text-limits.ts";

/** A document that can be registered: one operation, and every fragment that it spreads. */
export interface GraphqlDocument {
  readonly operation: "query" | "mutation" | "subscription";
  readonly name: string | undefined;
  /** Types by the names of variables; one that has a default may be left out, so it is not `!`. */
  readonly variables: Readonly<Record<string, string>>;
  /** On one line, the operation first, fragments by their names. Two spellings of one document have the same. */
  readonly text: string;
  /** The canonical spelling without the `__typename`s that caching clients add to what the app wrote. */
  readonly bare: string;
  /** The canonical spelling with a `__typename` in each selection but the operation's own, as these clients send it. */
  readonly typed: string;
}

export type ReadDocument =
  | { readonly ok: true; readonly document: GraphqlDocument }
  | { readonly ok: false; readonly reason: string; readonly access: "write" | "invalid" };

/** More tokens than any document that an app sends. */
const maxTokens = 20_000;

const typename = "__typename";
const typenameField = {
  kind: Kind.FIELD,
  name: { kind: Kind.NAME, value: typename },
} as const satisfies SelectionNode;

function isAdded(node: SelectionNode): boolean {
  if (node.kind !== Kind.FIELD || node.name.value !== typename) return false;
  return node.alias === undefined && (node.directives ?? []).length === 0;
}

function withoutAdded(node: SelectionSetNode): SelectionSetNode {
  const selections = node.selections.filter((one) => !isAdded(one));
  return { ...node, selections: selections.length === 0 ? [typenameField] : selections };
}

function withoutTypenames(document: DocumentNode): DocumentNode {
  return visit(document, { SelectionSet: { leave: withoutAdded } });
}

function withTypenames(document: DocumentNode): DocumentNode {
  return visit(document, {
    SelectionSet: {
      leave(node, _key, parent) {
        const isRoot =
          parent !== undefined && "kind" in parent && parent.kind === Kind.OPERATION_DEFINITION;
        if (isRoot || node.selections.some(isAdded)) return undefined;
        return { ...node, selections: [...node.selections, typenameField] };
      },
    },
  });
}

/** Without block strings a printed document has line ends between tokens only. */
function spelled(document: DocumentNode): string {
  const plain = visit(document, {
    StringValue: { enter: (node) => (node.block === true ? { ...node, block: false } : undefined) },
  });
  return print(plain).replaceAll(/\s*\n\s*/g, " ");
}

function isFragment(node: DefinitionNode): node is FragmentDefinitionNode {
  return node.kind === Kind.FRAGMENT_DEFINITION;
}

/** Fragments by name; two of one name must say the same. */
function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> | undefined {
  const found = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions.filter(isFragment)) {
    const known = found.get(node.name.value);
    if (known !== undefined && print(known) !== print(node)) return undefined;
    found.set(node.name.value, known ?? node);
  }
  return new Map([...found].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function spreadsOf(document: DocumentNode): Set<string> {
  const names = new Set<string>();
  visit(document, { FragmentSpread: { enter: ({ name }) => void names.add(name.value) } });
  return names;
}

function variablesOf({ variableDefinitions }: OperationDefinitionNode): Record<string, string> {
  return Object.fromEntries(
    (variableDefinitions ?? []).map(({ variable, type, defaultValue }) => {
      const text = print(type);
      return [variable.name.value, defaultValue === undefined ? text : text.replace(/!$/, "")];
    }),
  );
}

function parsed(text: string): DocumentNode | string {
  const fault = textFault(text);
  if (fault !== null) return fault;
  try {
    return parse(text, { noLocation: true, maxTokens });
  } catch (error) {
    // A text that nests too deep for the parser's recursion is refused like any other that it cannot read.
    return error instanceof RangeError ? "nests too deep" : "no GraphQL document";
  }
}

const invalid = (reason: string): ReadDocument => ({ ok: false, reason, access: "invalid" });

/** Whether nothing but documents of this kind can be told: a document with several operations does what the name says. */
function severalReason(operations: readonly OperationDefinitionNode[]): ReadDocument {
  const isQuery = operations.every(({ operation }) => operation === OperationTypeNode.QUERY);
  const reason = `${operations.length} operations in one document`;
  return { ok: false, reason, access: isQuery ? "invalid" : "write" };
}

function fragmentFault(document: DocumentNode): string | undefined {
  const fragments = fragmentsOf(document);
  if (fragments === undefined) return "two fragments of one name";
  const missing = [...spreadsOf(document)].find((name) => !fragments.has(name));
  return missing === undefined ? undefined : `the fragment ${missing} is not in it`;
}

function isExecutable(node: DefinitionNode): boolean {
  return node.kind === Kind.OPERATION_DEFINITION || isFragment(node);
}

function readParsed(document: DocumentNode): ReadDocument {
  const operations = document.definitions.filter(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  );
  const [operation] = operations;
  if (operation === undefined) return invalid("no operation");
  if (operations.length > 1) return severalReason(operations);
  if (!document.definitions.every(isExecutable))
    return invalid("a definition that is not executed");
  const fault = fragmentFault(document);
  if (fault !== undefined) return invalid(fault);
  const definitions = [operation, ...(fragmentsOf(document)?.values() ?? [])];
  const canonical: DocumentNode = { ...document, definitions };
  return {
    ok: true,
    document: {
      operation: operation.operation,
      name: operation.name?.value,
      variables: variablesOf(operation),
      text: spelled(canonical),
      bare: spelled(withoutTypenames(canonical)),
      typed: spelled(withTypenames(canonical)),
    },
  };
}

/** Reads one text. Never throws for any text; a document that is `ok` holds one operation and is complete. */
export function readDocument(text: string): ReadDocument {
  const document = parsed(text);
  if (typeof document === "string") return invalid(document);
  try {
    return readParsed(document);
  } catch {
    return invalid("nests too deep");
  }
}

/** The text of a document that a build compiled to its syntax tree; undefined if the tree is none. */
export function documentText(tree: object): string | undefined {
  try {
    return print(tree as DocumentNode);
  } catch {
    return undefined;
  }
}
