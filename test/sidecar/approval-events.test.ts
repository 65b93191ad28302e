/** The stream of what happens to approvals: to whom it says what, and when it ends. */
import { request, type ClientRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

interface Stream {
  readonly told: { readonly id: string; readonly state: string }[];
  isOver: boolean;
}

describe("the stream of approvals", () => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let sidecar: RunningSidecar;
  let open: ClientRequest[];

  beforeEach(async () => {
    open = [];
    upstream = await startUpstream();
    desk = writeDesk(upstream.port);
    const options = { host: "127.0.0.1", port: 0, operatorPort: 0, dev: true, storeWriter };
    sidecar = await startSidecar({ workspaceDir: desk.folder, ...options });
  });
  afterEach(async () => {
    for (const sent of open) sent.destroy();
    await sidecar.close();
    await upstream.stop();
    desk.remove();
  });

  const asOperator = (name: string): Promise<Tab> =>
    signIn({ port: sidecar.operatorPort, host: "govern.localhost" }, name);

  /** Resolves once the stream is there. */
  async function follow({ cookie }: Tab): Promise<Stream> {
    const stream: Stream = { told: [], isOver: false };
    const port = sidecar.operatorPort;
    const headers = { host: `govern.localhost:${port}`, cookie, "sec-fetch-site": "same-origin" };
    await new Promise<void>((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port, path: "/api/approvals/events", headers });
      open.push(sent);
      sent.on("error", reject);
      sent.on("response", (response) => {
        expect(response.headers["content-type"]).toBe("text/event-stream");
        response.setEncoding("utf8").on("data", (text: string) => {
          for (const [, data = ""] of text.matchAll(/^data: (.*)$/gm)) {
            stream.told.push(JSON.parse(data) as Stream["told"][number]);
          }
        });
        response.on("end", () => (stream.isOver = true));
        resolve();
      });
      sent.end();
    });
    return stream;
  }

  it("tells approvers of every call and others of their own, by id and state alone", async () => {
    const [ana, sam, kim] = await Promise.all(
      ["ana", "sam", "kim"].map(async (name) => follow(await asOperator(name))),
    );
    const tab = await signIn({ port: sidecar.port, host: "desk.localhost" }, "sam");
    const held = await tab.post(`${apiPath}/v2/tickets/7/refunds`, { amount: 5, note: "late" });
    const { ticket: id } = held.json() as { ticket: string };
    await (await asOperator("ana")).post(`/api/approvals/${id}/decision`, { decision: "deny" });
    const said = ["pending", "denied"].map((state) => ({ id, state }));
    await expect.poll(() => ana?.told).toEqual(said);
    await expect.poll(() => sam?.told).toEqual(said);
    expect(kim?.told).toEqual([]);
  });

  it("ends when the sidecar stops, and does not hold it up", async () => {
    const stream = await follow(await asOperator("ana"));
    const started = performance.now();
    await sidecar.close();
    await expect.poll(() => stream.isOver).toBe(true);
    // What would not end by itself is cut after ten seconds.
    expect(performance.now() - started).toBeLessThan(9000);
  });
});
