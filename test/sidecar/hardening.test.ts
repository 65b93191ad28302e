/** Requests that are not quite HTTP, or not quite a request, over a raw socket. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import { startUpstream, writeDesk, type DeskWorkspace, type Upstream } from "./desk-workspace.ts";

const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);

/** Sends the text as it is, and gives all that comes back until the server closes. */
async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(text, "latin1");
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe("the app listener", () => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let sidecar: RunningSidecar;

  beforeAll(async () => {
    upstream = await startUpstream();
    desk = writeDesk(upstream.port);
    sidecar = await startSidecar({
      workspaceDir: desk.folder,
      host: "127.0.0.1",
      port: 0,
      operatorPort: 0,
      dev: true,
      storeWriter,
    });
  });
  afterAll(async () => {
    await sidecar?.close();
    await upstream?.stop();
    desk?.remove();
  });

  it.each([
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nhost: H\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nhost: H\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    ],
    ["a folded header", "GET / HTTP/1.1\r\nhost: H\r\nx-a: 1\r\n 2\r\n\r\n"],
    ["a bare line feed", "GET / HTTP/1.1\nhost: H\n\n"],
    ["a space in a header's name", "GET / HTTP/1.1\r\nhost : H\r\n\r\n"],
    ["a null in a header", "GET / HTTP/1.1\r\nhost: H\r\nx-a: \0\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["headers without end", `GET / HTTP/1.1\r\nhost: H\r\nx-a: ${"a".repeat(20_000)}\r\n\r\n`],
    [
      "a chunk of no size",
      "POST / HTTP/1.1\r\nhost: H\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n",
    ],
  ])("refuses %s and closes", async (_name, text) => {
    const answer = await sendRaw(
      sidecar.port,
      text.replace(/(host ?: )H/, `$1desk.localhost:${sidecar.port}`),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (400|431) /);
  });

  it.each([
    [
      "another host in the target",
      "GET http://evil.example/ HTTP/1.1\r\nhost: H\r\nconnection: close\r\n\r\n",
      401,
    ],
    ["TRACE", "TRACE / HTTP/1.1\r\nhost: H\r\nconnection: close\r\n\r\n", 403],
    [
      "an encoded body",
      "POST /x HTTP/1.1\r\nhost: H\r\ncontent-encoding: gzip\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
      400,
    ],
    [
      "two cookies headers",
      "GET /_govern/me HTTP/1.1\r\nhost: H\r\ncookie: __Host-govern-app=a\r\ncookie: __Host-govern-app=b\r\nconnection: close\r\n\r\n",
      401,
    ],
    ["a tunnel", "CONNECT evil.example:443 HTTP/1.1\r\nhost: H\r\n\r\n", 0],
    [
      "the parent folder",
      "GET /../../govern.yaml HTTP/1.1\r\nhost: H\r\nconnection: close\r\n\r\n",
      401,
    ],
    [
      "spoofed identity headers",
      "GET /_govern/me HTTP/1.1\r\nhost: H\r\nx-forwarded-user: ana\r\nx-forwarded-host: evil.example\r\nconnection: close\r\n\r\n",
      401,
    ],
  ])("gives nothing for %s", async (_name, text, status) => {
    const answer = await sendRaw(
      sidecar.port,
      text.replace(/(host ?: )H/, `$1desk.localhost:${sidecar.port}`),
    );
    expect(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)).toBe(status);
    expect(upstream.seen).toEqual([]);
  });
});
