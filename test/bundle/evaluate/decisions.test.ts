import { describe, expect, it } from "vitest";
import { analyzeBundle } from "../../../src/bundle/analyze.ts";
import { bundleOf } from "../in-memory.ts";

async function calls(code: string): Promise<string[]> {
  const { operations } = await analyzeBundle(bundleOf({ "a.js": code }), "app");
  return operations
    .map((one) => (one.kind === "http" ? `${one.method} ${one.path}` : one.kind))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

const saved = ["POST /items", "PUT /items/{itemId}"];

describe("values that hang on one condition", () => {
  it.each<[string, string, string[]]>([
    [
      "goes with its method where two ternaries ask the same",
      "export const save = (item) => fetch(item.id ? `/items/${item.id}` : '/items', { method: item.id ? 'PUT' : 'POST' })",
      saved,
    ],
    [
      "sees the same question in another form",
      "export function save(item) { const isNew = !item.id; return fetch(isNew ? '/items' : `/items/${item.id}`, { method: item.id ? 'PUT' : 'POST' }) }",
      saved,
    ],
    [
      "follows assignments under one condition",
      "export function save(item) { let url = '/items', method = 'POST'; if (item.id) { url = `/items/${item.id}`; method = 'PUT' } return fetch(url, { method }) }",
      saved,
    ],
    [
      "as minifiers write them",
      "export function save(t) { let n = '/items', r = 'POST'; return t.id && (n = `/items/${t.id}`, r = 'PUT'), fetch(n, { method: r }) }",
      saved,
    ],
    [
      "and where an inlined parameter has become a variable",
      "export function save(t) { return function () { return e = t.id > 1, n = '/items', r = 'POST', e && (n = `/items/${t.id}`, r = 'PUT'), fetch(n, { method: r }); var e, n, r }() }",
      saved,
    ],
    [
      "follows the cases of a switch",
      "export function act(kind, id) { let url, method; switch (kind) { case 'open': url = '/open'; method = 'POST'; break; case 'drop': url = `/items/${id}`; method = 'DELETE'; break; default: url = '/items'; method = 'GET' } return fetch(url, { method }) }",
      ["DELETE /items/{itemId}", "GET /items", "POST /open"],
    ],
    [
      "keeps all combinations of two conditions",
      "export const save = (item, draft) => fetch(draft ? '/drafts' : '/items', { method: item.id ? 'PUT' : 'POST' })",
      ["POST /drafts", "POST /items", "PUT /drafts", "PUT /items"],
    ],
    [
      "keeps all combinations where the condition is asked of two calls of one helper",
      "const pick = (flag, one, other) => (flag ? one : other); export const save = (a, b) => fetch(pick(a, '/a', '/b'), { method: pick(b, 'PUT', 'POST') })",
      ["POST /a", "POST /b", "PUT /a", "PUT /b"],
    ],
    [
      "keeps all combinations where the variable is set in between",
      "export function save(flag) { const url = flag ? '/a' : '/b'; flag = next(); return fetch(url, { method: flag ? 'PUT' : 'POST' }) }",
      ["POST /a", "POST /b", "PUT /a", "PUT /b"],
    ],
  ])("a path %s", async (_name, code, expected) => {
    expect(await calls(code)).toEqual(expected);
  });
});
