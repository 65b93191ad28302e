/** Which operation a request is: laws over generated templates and paths, and the cases that name them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HttpOperation } from "../../../src/contract/operation.ts";
import { compileMatcher, type Match } from "../../../src/sidecar/matching/operation-matcher.ts";
import { parseTemplate, renderTemplate } from "../../../src/sidecar/matching/path-template.ts";
import { parseQuery } from "../../../src/sidecar/matching/query.ts";
import { canonicalPath } from "../../../src/sidecar/matching/request-path.ts";

function operationAt(path: string, more: Partial<HttpOperation> = {}): HttpOperation {
  return {
    id: `op-${Buffer.from(JSON.stringify([path, more]))
      .toString("hex")
      .slice(-6)}`,
    kind: "http",
    access: "read",
    why: "method GET",
    method: "GET",
    origin: "same-origin",
    path,
    query: { fields: {}, open: false },
    headers: [],
    body: { type: "none" },
    ...more,
  };
}

interface Asked {
  readonly query?: string;
  readonly body?: Record<string, string>;
  readonly method?: string;
}

function match(operations: readonly HttpOperation[], rawPath: string, asked: Asked = {}): Match {
  const query = parseQuery(asked.query ?? "");
  if (query === undefined) throw new RangeError("bad query");
  return compileMatcher(operations).match({
    method: asked.method ?? "GET",
    origin: "same-origin",
    rawPath,
    query,
    body: () => asked.body,
  });
}

const matchedPath = (found: Match): string | undefined =>
  found.kind === "matched" ? found.operation.path : undefined;

const word = fc.stringMatching(/^[a-z]{1,6}$/);
/** Anything that a page may put into one segment. */
const value = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter(
    (text) => canonicalPath(`/${encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, ""))}`).ok,
  )
  .filter((text) => !/[/\\\p{Surrogate}]/u.test(text));
const segment = fc.oneof(
  word.map((text) => ({ text, hole: false })),
  fc.constant({ text: "", hole: true }),
);
const templateOf = (parts: readonly { text: string; hole: boolean }[]): string =>
  `/${parts.map((part, at) => (part.hole ? `{h${at}}` : part.text)).join("/")}`;
const template = fc.array(segment, { minLength: 1, maxLength: 5 });

const body = (method: string): HttpOperation["body"] => ({
  type: "json",
  fields: { method: { literal: method } },
  open: true,
});

const fields = (action: string): HttpOperation["query"] => ({
  fields: { action: { literal: action } },
  open: true,
});

describe("matching", () => {
  it("gives back what was rendered, for every value of every hole", () => {
    fc.assert(
      fc.property(template, fc.array(value, { minLength: 5, maxLength: 5 }), (parts, values) => {
        const path = templateOf(parts);
        const holes = Object.fromEntries(
          parts.flatMap((part, at) => (part.hole ? [[`h${at}`, values[at] as string]] : [])),
        );
        const found = match([operationAt(path)], renderTemplate(parseTemplate(path), holes));
        expect(found.kind).toBe("matched");
        if (found.kind === "matched") expect(Object.fromEntries(found.holes)).toEqual(holes);
      }),
    );
  });

  it("does not depend on the order of operations", () => {
    const paths = fc.uniqueArray(template.map(templateOf), { minLength: 2, maxLength: 6 });
    const asked = fc
      .array(word, { minLength: 1, maxLength: 5 })
      .map((words) => `/${words.join("/")}`);
    fc.assert(
      fc.property(paths, asked, fc.nat(), (templates, path, seed) => {
        const operations = templates.map((one) => operationAt(one));
        const shuffled = operations.toSorted(
          (a, b) => ((a.path.length * 31 + seed) % 7) - ((b.path.length * 31 + seed) % 7),
        );
        expect(match(shuffled, path)).toEqual(match(operations, path));
      }),
    );
  });

  it("takes a literal before a hole, at the first segment where they differ", () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), fc.nat(), (words, pick) => {
        const at = pick % words.length;
        const literal = `/${words.join("/")}`;
        const hole = `/${words.map((one, index) => (index === at ? "{x}" : one)).join("/")}`;
        expect(matchedPath(match([operationAt(hole), operationAt(literal)], literal))).toBe(
          literal,
        );
      }),
    );
  });

  it("never matches a path that any reading of it leaves by a dot segment", () => {
    const dots = fc.constantFrom(
      ".",
      "..",
      "%2e%2e",
      ".%2E",
      "%252e%252e",
      "..;a",
      "%EF%BC%8E%EF%BC%8E",
      "%2e.",
      "a%2f..",
      "..%5c",
    );
    const operations = [
      operationAt("/{a}/{b}"),
      operationAt("/{rest*}"),
      operationAt("/x{a}/{b}", { encodedSlash: ["a", "b"] }),
    ];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(word, dots), { minLength: 1, maxLength: 4 }),
        dots,
        (words, dot) => {
          expect(match(operations, `/${[...words, dot].join("/")}`).kind).toBe("unmatched");
        },
      ),
    );
  });

  it.each([
    ["/a/{id}", "/a/", "an empty hole"],
    ["/a/{id}", "/a/b/c", "two segments for one hole"],
    ["/a/{id}", "/a/b%2Fc", "a slash that the template does not allow"],
    ["/a/{rest*}", "/a/", "an empty rest"],
    ["/a", "/a/", "a trailing slash"],
    ["/a", "/A", "another case"],
    ["/a/b", "/a//b", "an empty segment"],
    ["/a/{id}", "/a/%ff", "what is not UTF-8"],
    ["/a/{id}", "/a/b%0d", "a control character"],
    ["/a/{id}.json", "/a/.json", "an empty mixed hole"],
    ["/a/{id}.json", "/a/x.xml", "another suffix"],
  ])("%s refuses %s: %s", (path, asked) => {
    expect(match([operationAt(path)], asked).kind).toBe("unmatched");
  });

  it.each([
    ["/a/{rest*}", "/a/b/c", { rest: "b/c" }],
    ["/a/{from}..{to}.csv", "/a/1..2.csv", { from: "1", to: "2" }],
    ["/a b/{id}", "/a%20b/%C3%BC", { id: "ü" }],
  ])("%s takes %s", (path, asked, holes) => {
    const found = match([operationAt(path)], asked);
    expect(found.kind === "matched" && Object.fromEntries(found.holes)).toEqual(holes);
  });

  it("takes an encoded slash only where the operation shows it", () => {
    const found = match([operationAt("/files/{name}", { encodedSlash: ["name"] })], "/files/a%2Fb");
    expect(found.kind === "matched" && found.holes.get("name")).toBe("a/b");
  });

  it("refuses what two operations of one rank match", () => {
    const found = match([operationAt("/a/{x}"), operationAt("/a/{y}")], "/a/1");
    expect(found.kind).toBe("ambiguous");
  });

  it("governs a call as a write if any operation that matches is one", () => {
    const operations = [operationAt("/a/list"), operationAt("/a/{x}", { access: "write" })];
    expect(match(operations, "/a/list")).toMatchObject({
      kind: "matched",
      access: "write",
      operation: { path: "/a/list", access: "read" },
    });
  });

  it("takes a repeated literal for no other operation than the one that refuses it", () => {
    const list = { fields: { action: { list: "string" } }, open: false } as const;
    const operations = [
      operationAt("/x", { query: list }),
      operationAt("/x", { query: fields("wipe"), access: "write" }),
    ];
    for (const query of ["action=wipe&action=wipe", "action=list&action=wipe"]) {
      const found = match(operations, "/x", { query });
      expect(found).toMatchObject({ kind: "matched", operation: { query: fields("wipe") } });
      expect(found).toMatchObject({ access: "write" });
    }
  });

  it("tells operations apart by literals of query and body, exactly", () => {
    const byQuery = [
      operationAt("/rpc", { query: fields("get") }),
      operationAt("/rpc", { query: fields("drop"), access: "write" }),
    ];
    expect(match(byQuery, "/rpc", { query: "action=drop" })).toMatchObject({ access: "write" });
    expect(match(byQuery, "/rpc", { query: "action=DROP" }).kind).toBe("unmatched");
    expect(match(byQuery, "/rpc", { query: "action=get&action=drop" }).kind).toBe("ambiguous");
    const byBody = [
      operationAt("/rpc", { method: "POST", body: body("list") }),
      operationAt("/rpc", { method: "POST", body: body("wipe"), access: "write" }),
    ];
    expect(match(byBody, "/rpc", { method: "POST", body: { method: "wipe" } })).toMatchObject({
      access: "write",
    });
    expect(match(byBody, "/rpc", { method: "POST", body: { method: "other" } }).kind).toBe(
      "unmatched",
    );
    expect(match(byBody, "/rpc", { method: "POST" }).kind).toBe("unmatched");
  });

  it("matches the method exactly", () => {
    expect(match([operationAt("/a")], "/a", { method: "HEAD" }).kind).toBe("unmatched");
  });
});
