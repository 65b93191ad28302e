/** Addresses that a client puts together: a base, a path, and fields of the query. */
import { asText } from "../evaluate/texts.ts";
import {
  plainText,
  type ParamValue,
  type Part,
  type QueryValue,
  type Value,
  type Values,
} from "../evaluate/values.ts";
import { isText } from "./parts.ts";

export interface JoinedAddresses {
  readonly urls: Values;
  /** Parameters without which an address is not known. */
  readonly hard: readonly ParamValue[];
  /** Why some are not known. */
  readonly open: readonly string[];
}

function isNone(value: Value): boolean {
  return (value.kind === "literal" && !value.value) || plainText(value) === "";
}

const absolute = /^(?:[a-z][a-z\d+\-.]*:)?\/\//i;

function withoutSlashesAtEnd(parts: readonly Part[]): Part[] {
  const last = parts.at(-1);
  if (!isText(last)) return [...parts];
  return [...parts.slice(0, -1), { ...last, text: last.text.replace(/\/+$/, "") }];
}

function withoutSlashesAtStart(parts: readonly Part[]): Part[] {
  const [first, ...rest] = parts;
  // Where a path begins, an argument is a path of its own and no value of one.
  if (!isText(first)) return [...parts];
  const node = first.node === undefined ? {} : { node: first.node };
  return [{ kind: "text", text: first.text.replace(/^\/+/, ""), ...node }, ...rest];
}

function joinOne(base: Value, path: Value): Value {
  if (isNone(path)) return base;
  const parts = [
    ...withoutSlashesAtEnd(asText(base).parts),
    { kind: "text" as const, text: "/" },
    ...withoutSlashesAtStart(asText(path).parts),
  ];
  return { kind: "text", parts };
}

/** A base and a path with one slash between them, unless the path is an address of its own. */
export function joinAddresses(bases: Values, paths: Values): JoinedAddresses {
  const urls: Value[] = [];
  const hard: ParamValue[] = [];
  const open: string[] = [];
  for (const path of paths) {
    const [first] = asText(path).parts;
    for (const base of bases) {
      if (isNone(base) || (isText(first) && absolute.test(first.text))) urls.push(path);
      else if (first?.kind !== "hole" || isNone(path)) urls.push(joinOne(base, path));
      else if (first.param) hard.push(first.param);
      else open.push("its path begins with a value that is only known at run time");
    }
  }
  return { urls, hard, open };
}

/** Addresses with more fields in their queries. */
export function withQuery(urls: Values, query: QueryValue | undefined): Values {
  if (query === undefined || (query.fields.size === 0 && !query.open)) return urls;
  return urls.map((url) => {
    const { parts } = asText(url);
    const hasQuery = parts.some(
      (part) => part.kind === "query" || (isText(part) && part.text.includes("?")),
    );
    const between: Part[] = hasQuery ? [{ kind: "text", text: "&" }] : [];
    return { kind: "text", parts: [...parts, ...between, { kind: "query", query }] };
  });
}
