/** Notices of approvals, to receivers that really listen, from a store on disk. */
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Channel } from "../../../src/sidecar/approvals/notifications/channel.ts";
import {
  startNotifier,
  type NotifierOptions,
} from "../../../src/sidecar/approvals/notifications/notifier.ts";
import { createSlack } from "../../../src/sidecar/approvals/notifications/slack.ts";
import { createWebhook } from "../../../src/sidecar/approvals/notifications/webhook.ts";
import type { Store } from "../../../src/sidecar/store/store.ts";
import { sampleApproval, sampleEntry, sampleVote } from "../store/samples.ts";
import { makeFolder, openStore } from "../store/sqlite-setup.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Statuses of the next answers; 200 when there are none left. */
  readonly statuses: number[];
  readonly server: Server;
}

async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const statuses: number[] = [];
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    received.push({
      path: message.url ?? "",
      headers: message.headers,
      body: await text(message),
    });
    const ts = `17.${received.length}`;
    response.writeHead(statuses.shift() ?? 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ ok: true, channel: "C1", ts }));
  };
  const server = createServer((message, response) => void answer(message, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, received, statuses, server };
}

const typeOf = ({ body }: Received): string => (JSON.parse(body) as { type: string }).type;

describe("notices", () => {
  let folder: ReturnType<typeof makeFolder>;
  let store: Store;
  let receiver: Receiver;
  let stop: (() => Promise<void>) | undefined;
  let logged: string[];

  beforeEach(async () => {
    folder = makeFolder();
    store = await openStore(join(folder.path, "store.db"));
    receiver = await startReceiver();
    logged = [];
  });
  afterEach(async () => {
    await stop?.();
    stop = undefined;
    await store.close();
    receiver.server.closeAllConnections();
    receiver.server.close();
    folder.remove();
  });

  const webhook = (): Channel => createWebhook({ name: "ops", url: receiver.url, secret });
  const slack = (): Channel =>
    createSlack({ name: "chat", token: "xoxb-1", channel: "C1", api: receiver.url });

  /** Starts telling; resolves when the channel has its place in the log. */
  async function begin(channel: Channel, changes: Partial<NotifierOptions> = {}): Promise<void> {
    stop = startNotifier({
      store,
      channels: [channel],
      operatorUrl: "https://govern.acme.example",
      onFault: (error) => logged.push(String(error)),
      log: (line) => logged.push(line),
      every: 2,
      backoff: () => 1,
      ...changes,
    });
    await expect.poll(() => store.kept(`notified ${channel.name}`)).toBeDefined();
  }
  const hold = async (): Promise<string> =>
    (await store.hold(sampleApproval(), sampleEntry({ type: "held" }))).id;
  const deny = (id: string): Promise<unknown> =>
    store.transition(
      id,
      sampleVote("ana", { decision: "deny", reason: "no <ticket>" }),
      sampleEntry({ type: "decision", decision: { decision: "deny" } }),
    );

  it("are signed, in order, and carry no argument", async () => {
    await begin(webhook());
    const id = await hold();
    await deny(id);
    await expect
      .poll(() => receiver.received.map(typeOf))
      .toEqual(["approval.held", "approval.denied"]);
    for (const { headers, body } of receiver.received) {
      new Webhook(secret).verify(body, headers as Record<string, string>);
    }
    const [first] = receiver.received;
    expect(JSON.parse(first?.body ?? "")).toMatchObject({
      data: { approval: id, requester: "sam", url: `https://govern.acme.example/approvals/${id}` },
    });
    const [value] = Object.values(sampleApproval().call.arguments as Record<string, unknown>);
    expect(first?.body).not.toContain(JSON.stringify(value));
  });

  it("are sent again under the same id until they are taken, before any later one", async () => {
    receiver.statuses.push(503, 429, 500);
    await begin(webhook());
    await deny(await hold());
    await expect.poll(() => receiver.received.length).toBe(5);
    expect(receiver.received.map(typeOf)).toEqual([
      ...Array.from({ length: 4 }, () => "approval.held"),
      "approval.denied",
    ]);
    const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids.slice(0, 4)).size).toBe(1);
    expect(ids[4]).not.toBe(ids[0]);
    expect(logged).toEqual([]);
  });

  it("go on where they were after a restart, and tell a new channel no history", async () => {
    await begin(webhook());
    const id = await hold();
    await expect.poll(() => receiver.received.length).toBe(1);
    await stop?.();
    await deny(id);
    await begin(webhook());
    await expect
      .poll(() => receiver.received.map(typeOf))
      .toEqual(["approval.held", "approval.denied"]);
    await stop?.();
    await begin({ ...webhook(), name: "later" });
    await hold();
    await expect
      .poll(() => receiver.received.map(typeOf))
      .toEqual(["approval.held", "approval.denied", "approval.held"]);
  });

  it.each([
    ["that a receiver refuses for good", 410, 0],
    ["that are a day old", 503, 25 * 3_600_000],
  ])("%s are given up, which the log says", async (_, status, later) => {
    receiver.statuses.push(status);
    await begin(webhook(), { now: () => Date.now() + later });
    const id = await hold();
    await deny(id);
    await expect
      .poll(() => receiver.received.map(typeOf))
      .toEqual(["approval.held", "approval.denied"]);
    expect(logged).toEqual([
      `notifications.ops: entry 0 about approval ${id} was not sent: it answered ${status}`,
    ]);
  });

  it("alarm everybody in Slack when the glass is broken, beside the call's own message", async () => {
    await begin(slack());
    const id = await hold();
    const by = { subject: "max", issuer: "dev" };
    await store.transition(
      id,
      {
        ...by,
        type: "break-glass",
        note: "locked <out>",
        rule: "breakGlass[0]",
        reviewers: ["leads"],
        window: 1000,
      },
      sampleEntry({ type: "decision", decision: { decision: "break-glass" } }),
    );
    await expect.poll(() => receiver.received.length).toBe(2);
    await store.transition(
      id,
      { type: "cancel" },
      sampleEntry({ type: "decision", decision: { decision: "cancel" } }),
    );
    await expect
      .poll(() => receiver.received.map(({ path }) => path))
      .toEqual(["/chat.postMessage", "/chat.postMessage", "/chat.update"]);
    const texts = receiver.received.map(({ body }) => (JSON.parse(body) as { text: string }).text);
    expect(texts[1]).toMatch(/^<!channel> .*\*max\* broke the glass/);
    expect(texts[1]).toContain("locked &lt;out&gt;");
    expect(texts[2]).toContain("Released alone by max: locked &lt;out&gt;");
  });

  it("are one message of Slack, updated in place, with nothing that formats", async () => {
    await begin(slack());
    await deny(await hold());
    await expect
      .poll(() => receiver.received.map(({ path }) => path))
      .toEqual(["/chat.postMessage", "/chat.update"]);
    const [posted, updated] = receiver.received.map(
      ({ body }) => JSON.parse(body) as { text: string; channel: string; ts?: string },
    );
    expect(posted).toMatchObject({ channel: "C1" });
    expect(updated).toMatchObject({ channel: "C1", ts: "17.1" });
    expect(updated?.text).toContain("Denied by ana: no &lt;ticket&gt;");
    expect(receiver.received[0]?.headers.authorization).toBe("Bearer xoxb-1");
  });
});
