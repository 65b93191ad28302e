import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import { sha256Hex } from "../../src/contract/canonical-json.ts";
import type { Operation, OperationsFile } from "../../src/contract/operation.ts";
import { digestsOf } from "../../src/contract/seal.ts";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import { send, signIn, type Tab } from "./client.ts";
import {
  apiPath,
  putLabel,
  readTicket,
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "./desk-workspace.ts";

const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);

interface Ready {
  readonly status: string;
  readonly config: { readonly policy: string; readonly rejected: { readonly code: string } | null };
}

describe("another version of govern.yaml", () => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let sidecar: RunningSidecar;
  let sam: Tab;
  let log: string[];

  beforeEach(async () => {
    upstream = await startUpstream();
    desk = writeDesk(upstream.port);
    log = [];
    sidecar = await startSidecar({
      workspaceDir: desk.folder,
      host: "127.0.0.1",
      port: 0,
      operatorPort: 0,
      dev: true,
      storeWriter,
      log: (line) => void log.push(line),
    });
    sam = await signIn({ port: sidecar.port, host: "desk.localhost" }, "sam");
  });
  afterEach(async () => {
    await sidecar.close();
    await upstream.stop();
    desk.remove();
  });

  const file = (): string => join(desk.folder, "govern.yaml");
  const change = (edit: (text: string) => string): string => {
    const text = edit(readFileSync(file(), "utf8"));
    writeFileSync(file(), text);
    return text;
  };
  /** Writes the operations as an import does, with their digest. */
  const importAgain = (edit: (operations: Operation[]) => Operation[]): void => {
    const app = join(desk.folder, "governed/apps/desk");
    const at = (name: string): string => join(app, name);
    const contract = JSON.parse(readFileSync(at("operations.json"), "utf8")) as OperationsFile;
    const text = JSON.stringify({ ...contract, operations: edit(contract.operations) });
    const seen = JSON.parse(readFileSync(at("build.json"), "utf8")) as { emitted: object };
    const emitted = { ...seen.emitted, ...digestsOf([["operations.json", Buffer.from(text)]]) };
    writeFileSync(at("operations.json"), text);
    writeFileSync(at("build.json"), JSON.stringify({ ...seen, emitted }));
  };
  const read = async (): Promise<number> =>
    (await sam.send({ path: `${apiPath}/v2/tickets/t1` })).status;
  const entries = async (type: string): Promise<AuditEntry[]> => {
    const socket = { socket: join(desk.folder, ".govern/control.sock") };
    return (await send(socket, { path: `/api/audit?type=${type}` })).json() as AuditEntry[];
  };
  const ready = async (): Promise<Ready> => {
    const operator = { port: sidecar.operatorPort, host: "govern.localhost" };
    return (await send(operator, { path: "/readyz" })).json() as Ready;
  };
  const denial = `  - { groups: [dev], deny: ["desk/${readTicket.id}"] }\n`;
  const deny = (text: string): string => text.replace("approvals:\n", `${denial}approvals:\n`);

  it("decides once it was taken, and is recorded with its digests", async () => {
    expect(await read()).toBe(201);
    const old = await ready();
    const text = change(deny);
    expect(await sidecar.reload(), log.join("\n")).toBe("taken");
    expect(await read()).toBe(403);
    const now = await ready();
    expect(now.config.policy).not.toBe(old.config.policy);
    expect(now.config.rejected).toBeNull();
    const before = (await entries("config")).filter((entry) => entry.policy === old.config.policy);
    expect((await entries("config")).at(-1)).toMatchObject({
      policy: now.config.policy,
      decision: { file: sha256Hex(text), apps: { desk: { operations: 6 } } },
    });
    expect((await entries("refused")).at(-1)).toMatchObject({ policy: now.config.policy });
    expect(await sidecar.reload()).toBe("same");
    expect(await entries("config")).toHaveLength(before.length + 1);
  });

  it("is taken by itself when the file changes", async () => {
    change(deny);
    await expect.poll(read, { timeout: 30_000, interval: 200 }).toBe(403);
  });

  it("is taken for the operations and the resources too", async () => {
    importAgain((operations) => operations.filter(({ id }) => id !== readTicket.id));
    expect(await sidecar.reload(), log.join("\n")).toBe("taken");
    expect((await sam.send({ path: `${apiPath}/v2/tickets/t1` })).headers["govern-error"]).toBe(
      "unregistered",
    );
    const other = await startUpstream();
    try {
      change((text) => text.replace(`127.0.0.1:${upstream.port}`, `127.0.0.1:${other.port}`));
      expect(await sidecar.reload(), log.join("\n")).toBe("taken");
      const put = { method: "PUT", path: `${apiPath}/v2/tickets/t1/label` };
      const headers = { "content-type": "application/json" };
      await sam.send({ ...put, headers, body: '{"label":"a"}' });
      expect(other.seen.map(({ method }) => method)).toEqual(["PUT"]);
      expect(upstream.seen).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  it.each([
    ["no YAML", (text: string) => `${text}\n- [`, "workspace-invalid", /govern\.yaml:\d+:\d+ /],
    [
      "a rule over nothing",
      (text: string) => text.replace('"desk/*"', '"dsk/*"'),
      "workspace-invalid",
      /unknown app `dsk`, did you mean `desk`\?/,
    ],
    [
      "a condition over an unknown field",
      (text: string) =>
        text.replace(
          "approvals:\n",
          `  - { groups: [dev], deny: [desk/${putLabel.id}], when: arguments.body.lable == "x" }\napprovals:\n`,
        ),
      "workspace-invalid",
      /has no `lable` in arguments\.body/,
    ],
    ["nothing", () => "", "workspace-invalid", /./],
    [
      "a secret that is not there",
      (text: string) => text.replace("DESK_TOKEN", "OTHER_TOKEN"),
      "secret-missing",
      /OTHER_TOKEN/,
    ],
    [
      "another user, which takes a restart",
      (text: string) => text.replace("lou: []", "lou: [dev]"),
      "restart-needed",
      /identity/,
    ],
  ])(
    "is not taken if it is bad, and that is said loudly: %s",
    async (_name, edit, code, message) => {
      const { policy } = (await ready()).config;
      change(edit);
      expect(await sidecar.reload()).toBe("rejected");
      expect(await read()).toBe(201);
      expect((await ready()).config).toMatchObject({ policy, rejected: { code } });
      expect(log.join("\n")).toMatch(/NOT TAKEN/);
      expect(log.join("\n")).toMatch(message);
      const [entry] = (await entries("config")).slice(-1);
      expect(entry).toMatchObject({ policy, decision: { rejected: { code } } });
      expect(JSON.stringify(entry)).toContain(sha256Hex(readFileSync(file(), "utf8")));
    },
  );

  it("leaves a call to the version that it began with", async () => {
    upstream.reply = "hang";
    const running = read();
    await expect.poll(() => upstream.seen.length).toBe(1);
    change(deny);
    expect(await sidecar.reload(), log.join("\n")).toBe("taken");
    upstream.reply = "reset";
    // The call ends at its resource's timeout or by its end; a new one is refused at once.
    expect(await read()).toBe(403);
    await upstream.stop();
    expect([502, 504]).toContain(await running);
    const [entry] = (await entries("read")).slice(-1);
    const first = (await entries("start"))[0];
    expect(entry?.policy).toBe(first?.policy);
    upstream = await startUpstream();
  });
});
