import { describe, expect, it } from "vitest";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { bundleOf } from "./in-memory.ts";

/** Of each operation, the text of the line on which the app asks for it. */
async function askedOn(code: string): Promise<Record<string, string[]>> {
  const lines = code.split("\n");
  const { operations, sites } = await analyzeBundle(bundleOf({ "a.js": code }), "app");
  const calls = sites.flatMap((site) => site.calls ?? []);
  return Object.fromEntries(
    operations.map((operation) => {
      const name = operation.kind === "http" ? `${operation.method} ${operation.path}` : "";
      const own = calls.filter((call) => call.operation === operation.id);
      return [name, own.map((call) => lines[call.line - 1]?.trim() ?? "")];
    }),
  );
}

const wrapper = `const request = async (path, init) => (await fetch("/api" + path, init)).json();
`;

describe("where an operation is asked for", () => {
  it("is the caller of a shared wrapper, not the wrapper", async () => {
    const code = `${wrapper}
      request("/accounts");
      request("/accounts", { method: "POST" });`;
    expect(await askedOn(code)).toEqual({
      "GET /api/accounts": ['request("/accounts");'],
      "POST /api/accounts": ['request("/accounts", { method: "POST" });'],
    });
  });

  it("is the component behind the functions of an API module", async () => {
    const code = `${wrapper}
      const close = (id) => request("/accounts/" + encodeURIComponent(id), { method: "DELETE" });
      function Button({ id }) {
        const onClick = async () => {
          await close(id);
        };
        return jsx("button", { onClick });
      }
      render(jsx(Button, { id: 1 }));`;
    expect(await askedOn(code)).toEqual({
      "DELETE /api/accounts/{accountId}": ["await close(id);"],
    });
  });

  it("stays at a function that many call", async () => {
    const code = `${wrapper}
      const list = () => request("/accounts");
      ${"list();\n".repeat(9)}`;
    expect(await askedOn(code)).toEqual({
      "GET /api/accounts": ['const list = () => request("/accounts");'],
    });
  });

  it("does not lead into a library that calls what it is given", async () => {
    const code = `${wrapper}
      function subscribe(run) { return run(); }
      subscribe(() => {
        request("/accounts");
      });`;
    expect(await askedOn(code)).toEqual({ "GET /api/accounts": ['request("/accounts");'] });
  });

  it("is not told apart from the site of a call that stands alone", async () => {
    expect(await askedOn('fetch("/api/accounts")')).toEqual({ "GET /api/accounts": [] });
  });
});
