/** The trail of a running sidecar: signed, anchored, free of secrets, and closed to injection. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import { findNotes } from "../../src/sidecar/audit/proof-file.ts";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import { verifyLog } from "../../src/sidecar/store/sqlite/verify-log.ts";
import { makePem } from "./audit/logs.ts";
import { send, signIn, type Reply } from "./client.ts";
import {
  apiPath,
  credential,
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "./desk-workspace.ts";

const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);

describe("the trail of a running sidecar", () => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let sidecar: RunningSidecar | undefined;
  let hook: Server;
  let posted: string[];
  let printed: string[];

  const at = (name: string): string => join(desk.folder, name);
  const control = (path: string): Promise<Reply> =>
    send({ socket: at(".govern/control.sock") }, { path });
  const trail = async (query = "limit=1000"): Promise<AuditEntry[]> =>
    (await control(`/api/audit?${query}`)).json() as AuditEntry[];
  const run = async (): Promise<RunningSidecar> => {
    sidecar = await startSidecar({
      workspaceDir: desk.folder,
      host: "127.0.0.1",
      port: 0,
      operatorPort: 0,
      dev: true,
      storeWriter,
      log: (line) => printed.push(line),
    });
    return sidecar;
  };
  const stop = async (): Promise<void> => {
    await sidecar?.close();
    sidecar = undefined;
  };
  const verdict = (anchor: string): ReturnType<typeof verifyLog> => {
    const db = new Database(at(".govern/store.db"), { readonly: true });
    const notes = findNotes(anchor).map((note) => ({ note, from: "the anchor" }));
    const found = verifyLog(db, { notes });
    db.close();
    return found;
  };

  beforeEach(async () => {
    posted = [];
    printed = [];
    upstream = await startUpstream();
    desk = writeDesk(upstream.port);
    hook = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
      request.on("end", () => {
        posted.push(text);
        response.writeHead(204).end();
      });
    }).listen(0, "127.0.0.1");
    await once(hook, "listening");
    mkdirSync(at("anchors"));
    execFileSync("git", ["init", "--quiet", "--bare", at("tags")]);
    writeFileSync(at("audit.pem"), makePem());
    const { port } = hook.address() as AddressInfo;
    const yaml = readFileSync(at("govern.yaml"), "utf8");
    writeFileSync(
      at("govern.yaml"),
      `${yaml}audit:
  redact: [arguments.body.note]
  signingKey: "\${file:audit.pem}"
  anchors:
    - { file: anchors/checkpoints }
    - { git: tags }
    - { webhook: "http://127.0.0.1:${port}/anchor" }
    - { print: true }
`,
    );
  });
  afterEach(async () => {
    await stop();
    hook.close();
    await upstream.stop();
    desk.remove();
  });

  it("is signed at the stop, and each anchor holds what it verifies against", async () => {
    await run();
    await stop();
    const tags = execFileSync("git", ["-C", at("tags"), "for-each-ref", "--format=%(contents)"], {
      encoding: "utf8",
    });
    const anchors = [
      readFileSync(at("anchors/checkpoints"), "utf8"),
      tags,
      posted.join(""),
      printed.join("\n"),
    ];
    for (const anchor of anchors) {
      expect(findNotes(anchor)).toHaveLength(1);
      expect(verdict(anchor)).toMatchObject({ ok: true, checkpoints: 2, useless: [] });
    }
    const good = verdict(anchors[0] ?? "");
    if (good.ok) expect(good.signed).toBe(good.size);
  });

  it("records which key signs it, and the one that takes over", async () => {
    await run();
    await stop();
    writeFileSync(at("audit.pem"), makePem());
    await run();
    const keys = (await trail("type=config")).flatMap(({ decision }) =>
      decision !== null && typeof decision === "object" && "signingKey" in decision
        ? [decision]
        : [],
    );
    expect(keys).toMatchObject([{ previous: null }, { previous: keys[0]?.["signingKey"] }]);
    await stop();
    expect(verdict(readFileSync(at("anchors/checkpoints"), "utf8"))).toMatchObject({
      ok: true,
      checkpoints: 4,
    });
  });

  it("refuses to start with a key that is none, and says so without it", async () => {
    writeFileSync(at("audit.pem"), "canary-key-5d1e");
    const failure = await run().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "audit-key-invalid" });
    expect(String(failure)).not.toContain("canary-key");
  });

  it("goes on when an anchor is away, and says which", async () => {
    hook.close();
    hook.closeAllConnections();
    await run();
    await stop();
    expect(printed.join("\n")).toMatch(/resource-failed: .*webhook 127\.0\.0\.1/);
    expect(verdict(readFileSync(at("anchors/checkpoints"), "utf8")).ok).toBe(true);
  });

  it("tells how far it is signed and anchored", async () => {
    await run();
    const status = (await control("/api/audit/status")).json();
    expect(status).toMatchObject({
      origin: expect.stringMatching(/^govern-audit\/[\da-f]{16}$/),
      root: expect.stringMatching(/^[\da-f]{64}$/),
      signing: { anchors: [{ failing: false }, {}, {}, { name: "printed" }] },
      verified: null,
    });
    await control("/api/audit/verify");
    expect((await control("/api/audit/status")).json()).toMatchObject({
      verified: { verdict: { ok: true } },
    });
  });

  it("L7: holds no secret in any file, whatever way it came", async () => {
    const { port } = await run();
    const sam = await signIn({ port, host: "desk.localhost" }, "sam");
    const stripe = `sk_live_${"canary5f1d".repeat(2)}`;
    const tab = "canary-path-redacted-77aa";
    await sam.send({ path: `${apiPath}/v2/tickets/${stripe}` });
    await sam.send({ path: `${apiPath}/v2/tickets/${credential}` });
    await sam.send({
      path: `/nowhere/${stripe}/${credential}`,
      headers: { "x-desk-view": `Bearer ${stripe}` },
    });
    await sam.send({
      path: `${apiPath}/v2/tickets/7`,
      headers: { "x-desk-view": `Bearer ${stripe}`, authorization: `Bearer ${stripe}` },
    });
    await sam.post(`${apiPath}/v2/tickets/7/refunds`, { amount: 5, note: tab });
    const before = (await trail()).filter(({ app }) => app === "desk").length;
    expect(before).toBeGreaterThan(5);
    await stop();
    const files = readdirSync(at(".govern"), { recursive: true, encoding: "utf8" })
      .filter(
        (name) => !name.endsWith("secrets.env") && statSync(join(at(".govern"), name)).isFile(),
      )
      .map((name) => join(at(".govern"), name));
    for (const file of [...files, at("anchors/checkpoints")]) {
      const bytes = readFileSync(file);
      for (const canary of ["canary5f1d", credential, tab]) {
        expect(`${file}: ${bytes.includes(canary)}`).toBe(`${file}: false`);
      }
    }
    expect(printed.join("\n")).not.toMatch(/canary5f1d|canary-path/);
  });

  it("holds no credential of a resource, of this version of the workspace or the one before", async () => {
    const [before, after] = ["canary first 3b1c", "canary second 9d2e"];
    writeFileSync(at("before.txt"), before);
    writeFileSync(at("after.txt"), after);
    const yaml = readFileSync(at("govern.yaml"), "utf8").replace(
      "${env:DESK_TOKEN}",
      "${file:before.txt}",
    );
    writeFileSync(at("govern.yaml"), yaml);
    const running = await run();
    const sam = await signIn({ port: running.port, host: "desk.localhost" }, "sam");
    const tell = async (value: string): Promise<void> => {
      await sam.send({ path: `${apiPath}/v2/tickets/${encodeURIComponent(value)}` });
    };
    await tell(before);
    writeFileSync(at("govern.yaml"), yaml.replace("before.txt", "after.txt"));
    expect(await running.reload()).toBe("taken");
    await tell(before);
    await tell(after);
    const text = JSON.stringify(await trail());
    expect(text.match(/\[redacted:[\da-f]{64}\]/g)?.length).toBeGreaterThan(2);
    expect(text).not.toMatch(/canary (?:first|second)/);
  });

  it("L8: takes no entry apart by what a call says", async () => {
    const { port } = await run();
    const sam = await signIn({ port, host: "desk.localhost" }, "sam");
    const forged =
      '","seq":1,"time":"2020-01-01T00:00:00.000Z","type":"start","v":1}\n{"actor":null\r\n\u001b[2J\u202e';
    const path = `${apiPath}/v2/tickets/${encodeURIComponent("7")}`;
    await sam.send({ path, headers: { "x-desk-view": encodeURIComponent(forged) } });
    await sam.post(`${apiPath}/v2/tickets/7/refunds`, { amount: 1, note: forged });
    const huge = "x".repeat(20_000);
    await sam.post(`${apiPath}/v2/tickets/7/label`, { label: forged + huge });
    const entries = await trail();
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index));
    await stop();
    const db = new Database(at(".govern/store.db"), { readonly: true });
    const texts = db.prepare<[], string>("SELECT entry FROM audit_entries").pluck().all();
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(texts.filter((text) => /[\u0000-\u001f]/.test(text))).toEqual([]);
    db.close();
    expect(verdict("")).toMatchObject({ ok: true, size: texts.length });
  });
});
