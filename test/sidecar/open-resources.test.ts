/** Which resources of govern.yaml can be opened, and what is said of the others. */
import { expect, it } from "vitest";
import type { Resource } from "../../src/contract/resource.ts";
import { closeResources, openResources } from "../../src/sidecar/open-resources.ts";

const open = (rule: Resource) =>
  openResources({
    workspace: { version: 1, resources: { ledger: rule } },
    workspaceDir: "/nonexistent",
    secrets: { resolve: (text) => text },
    assertions: { issuer: "", keys: { keys: [] }, assert: async () => "" },
  });

it("opens a PostgreSQL resource before its server can be reached", async () => {
  const resources = await open({ kind: "postgres", url: "postgres://127.0.0.1:1/ledger" });
  expect(resources.get("ledger")).toMatchObject({ name: "ledger", timeout: 30_000 });
  await closeResources(resources);
});

it("refuses an address that is not PostgreSQL's, without telling it", async () => {
  const opening = open({ kind: "postgres", url: "mysql://app:hunter2@db.example/ledger" });
  await expect(opening).rejects.toMatchObject({
    code: "workspace-invalid",
    message: "resources.ledger has a url that is no PostgreSQL address.",
    next: "Write it like postgres://db.example:5432/ledger.",
  });
});

it("names the kinds that it serves where one has no connector", async () => {
  await expect(open({ kind: "mysql", url: "mysql://db.example/ledger" })).rejects.toMatchObject({
    code: "workspace-invalid",
    next: "Kinds with a connector: http, postgres, sqlite.",
  });
});

it.each(["passthrough", "asserted"] as const)(
  "opens an HTTP resource with auth: %s, and refuses a credential beside it",
  async (auth) => {
    const rule = { kind: "http", upstream: "https://api.example", auth } as const;
    const resources = await open(rule);
    expect(resources.get("ledger")).toMatchObject({
      passes: auth === "passthrough" ? "all" : "none",
    });
    await closeResources(resources);
    const two = open({ ...rule, headers: { Authorization: "Bearer x" } });
    await expect(two).rejects.toMatchObject({ code: "workspace-invalid" });
  },
);

it("refuses one key for all writes of a resource that does each key's write once", async () => {
  const rule = { kind: "http", upstream: "https://api.example", auth: "service" } as const;
  const opening = open({
    ...rule,
    headers: { "idempotency-KEY": "always" },
    idempotency: { keep: "24h" },
  });
  await expect(opening).rejects.toMatchObject({
    code: "workspace-invalid",
    next: expect.stringContaining("resources.ledger.headers") as string,
  });
});
