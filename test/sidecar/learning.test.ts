/** `--learn` on a running sidecar: suggestions for refused calls, and nothing else. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { statementDigest } from "../../src/contract/operation-id.ts";
import { operationSchema, type Operation } from "../../src/contract/operation.ts";
import { classifyStatement } from "../../src/statements/classify.ts";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import { signIn, type Tab } from "./client.ts";
import {
  apiPath,
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "./desk-workspace.ts";

const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);

describe("a sidecar that learns", () => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let sidecar: RunningSidecar;
  let sam: Tab;
  const said: string[] = [];
  const start = (dev = true, learn = true): Promise<RunningSidecar> =>
    startSidecar({
      workspaceDir: desk.folder,
      host: "127.0.0.1",
      port: 0,
      operatorPort: 0,
      dev,
      learn,
      classify: classifyStatement,
      log: (line) => said.push(line),
      storeWriter,
    });
  const ask = (text: string): Promise<{ status: number }> =>
    sam.post("/_govern/sql/neon", { digest: statementDigest(text), values: [17, "kim"] });
  const learnedFile = (): string => join(desk.folder, ".govern/learned.yaml");
  const learned = (): Operation[] =>
    (parse(readFileSync(learnedFile(), "utf8")) as { apps: { desk: { operations: Operation[] } } })
      .apps.desk.operations;

  beforeAll(async () => {
    upstream = await startUpstream();
    const script =
      'call("/v2/reports/" + id + "/lines?state=" + state, "refunds", `/v2/notes`);' +
      "sql`\\n  DELETE FROM agents WHERE id = ${{ id }.id} AND name <> ${`x`}`;" +
      String.raw`ask("SELECT name FROM agents\n WHERE name = 'o\'hara'")`;
    desk = writeDesk(upstream.port, undefined, script);
    sidecar = await start();
    sam = await signIn({ port: sidecar.port, host: "desk.localhost" }, "sam");
  });
  afterAll(async () => {
    await sidecar?.close();
    await upstream?.stop();
    desk?.remove();
  });

  it("suggests what was refused by its shape, and sends none of it", async () => {
    const rules = readFileSync(join(desk.folder, "govern.yaml"), "utf8");
    const read = await sam.send({
      path: `${apiPath}/v2/reports/ana@acme.example/lines?state=tok-7Hq2`,
    });
    const write = await sam.post(`${apiPath}/v2/notes`, {
      text: "IBAN42",
      tags: ["x"],
      "ana@x": 1,
    });
    expect([read.status, write.status, upstream.seen.length]).toEqual([403, 403, 0]);
    const [first, second] = learned().map((one) => operationSchema.parse(one));
    expect(first).toMatchObject({
      access: "read",
      observed: true,
      method: "GET",
      origin: "https://api.desk.example",
      path: "/v2/reports/{reportId}/lines",
      query: { fields: { state: "string" }, open: false },
    });
    expect(second).toMatchObject({
      access: "write",
      method: "POST",
      path: "/v2/notes",
      body: { type: "json", fields: { text: "string", tags: { list: "any" } }, open: true },
    });
    expect(readFileSync(join(desk.folder, "govern.yaml"), "utf8")).toBe(rules);
  });

  it("suggests the statement that the app's files hold, judged", async () => {
    const answers = [
      await ask("DELETE FROM agents WHERE id = $1 AND name <> $2"),
      await ask("SELECT name FROM agents WHERE name = 'o'hara'"),
      await ask("SELECT 'of no file'"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    await vi.waitFor(() => expect(learned()).toHaveLength(4), 10_000);
    const suggested = learned()
      .map((one) => operationSchema.parse(one))
      .filter(({ kind }) => kind === "sql");
    expect(suggested).toMatchObject([
      {
        access: "write",
        why: "DeleteStmt",
        observed: true,
        dialect: "postgres",
        statement: "DELETE FROM agents WHERE id = $1 AND name <> $2",
        tables: ["agents"],
        parameters: ["id", "name"],
        client: "neon",
      },
      // What no parser understands is a write.
      { access: "write", statement: "SELECT name FROM agents WHERE name = 'o'hara'" },
    ]);
    expect(said.join("\n")).toContain("nothing of a statement of neon, whose text is put together");
  });

  it("keeps no value of a call, in its file or in what it says", () => {
    const told = `${readFileSync(learnedFile(), "utf8")}${said.join("\n")}`;
    for (const value of ["ana@", "tok-7Hq2", "IBAN42", "kim"]) expect(told).not.toContain(value);
    expect(said.filter((line) => line.startsWith("learned"))).toHaveLength(5);
    expect(statSync(learnedFile()).mode & 0o777).toBe(0o600);
  });

  it("says each call once, and nothing of registered ones", async () => {
    const before = readFileSync(learnedFile(), "utf8");
    await sam.send({ path: `${apiPath}/v2/reports/17/lines?state=late` });
    await sam.send({ path: `${apiPath}/v2/tickets/17` });
    await sam.send({ path: "/missing.png", headers: { "sec-fetch-dest": "image" } });
    expect(readFileSync(learnedFile(), "utf8")).toBe(before);
  });

  it("suggests what works once a person has put it into govern.yaml", async () => {
    await sidecar.close();
    const suggested = learned().filter(({ access }) => access === "read");
    const file = join(desk.folder, "govern.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text.replace("sql: agents }", `sql: agents }\n    operations: ${JSON.stringify(suggested)}`),
    );
    sidecar = await start();
    sam = await signIn({ port: sidecar.port, host: "desk.localhost" }, "sam");
    const reply = await sam.send({ path: `${apiPath}/v2/reports/17/lines?state=late` });
    expect(reply.status).toBe(201);
    expect(upstream.seen.at(-1)?.url).toBe("/base/v2/reports/17/lines?state=late");
  });

  it("is refused without --dev", async () => {
    await expect(start(false)).rejects.toMatchObject({ code: "usage" });
  });
});
