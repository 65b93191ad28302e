/** Decisions from another machine: device login at a real provider, then the operator's API with the token. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApprovalView } from "../../src/contract/approval.ts";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import type { HeldBody } from "../../src/contract/wire.ts";
import { startGovernedDesk, type GovernedDesk } from "../identity-provider/governed-desk.ts";
import { cliClientId } from "../identity-provider/identity-provider.ts";
import { createUserAgent } from "../identity-provider/user-agent.ts";
import { send, type Reply } from "../sidecar/client.ts";
import { apiPath } from "../sidecar/desk-workspace.ts";
import type { Run } from "./run-govern.ts";

const bin = fileURLToPath(new URL("../../bin/govern.js", import.meta.url));

interface Stored {
  readonly servers: Record<
    string,
    { accessToken: string; refreshToken: string; expiresAt: number }
  >;
}

describe("a sidecar on another machine", () => {
  let desk: GovernedDesk;
  let home: string;
  let server: string;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "govern-home-"));
    desk = await startGovernedDesk({
      operatorHost: "127.0.0.1",
      oidc: `, cliClientId: ${cliClientId}`,
      identity: "  bearer: { algorithms: [ES256] }",
    });
    server = desk.operatorUrl;
  });
  afterAll(async () => {
    await desk?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const tokenFile = (): string => join(home, "govern/tokens.json");
  const stored = (): Stored => JSON.parse(readFileSync(tokenFile(), "utf8")) as Stored;
  const accessToken = (): string => stored().servers[server]?.accessToken ?? "";

  /** Runs a command far from any workspace; `onNotice` sees what it says meanwhile. */
  const govern = (args: readonly string[], onNotice?: (text: string) => void): Promise<Run> => {
    const env = { ...process.env, XDG_CONFIG_HOME: home, FORCE_COLOR: "", NO_COLOR: "1" };
    const child = spawn(process.execPath, [bin, ...args], { cwd: home, env });
    const run = { code: null as number | null, stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (run.stdout += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => {
      run.stderr += chunk.toString("utf8");
      onNotice?.(run.stderr);
    });
    child.stdin.end();
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ ...run, code }));
    });
  };

  /** What a person does with the code, in a browser of their own. */
  const enterCode = async (
    url: string,
    user: string,
    button: Record<string, string>,
  ): Promise<string> => {
    desk.provider.person = user;
    const agent = createUserAgent();
    const confirm = await agent.submit(await agent.open(url));
    const done = await agent.submit(confirm, button);
    return done.text;
  };
  const login = (
    user: string,
    button: Record<string, string> = { confirm: "yes" },
  ): Promise<Run> => {
    let entered: Promise<string> | undefined;
    return govern(["login", "--server", server], (text) => {
      const url = /or open (\S+)/.exec(text)?.[1];
      if (url !== undefined) entered ??= enterCode(url, user, button);
    });
  };
  const asProgram = (
    token: string,
    headers: Record<string, string | string[]> = {},
  ): Promise<Reply> =>
    send(
      { port: desk.ports.operator, host: "127.0.0.1" },
      { path: "/_govern/me", headers: { authorization: `Bearer ${token}`, ...headers } },
    );

  it("signs in by a code that is entered at the provider, and keeps the token for its owner alone", async () => {
    const run = await login("ana");
    expect(run, run.stderr).toMatchObject({ code: 0 });
    expect(run.stderr).toMatch(/Open http\S+ and enter the code [A-Z]{4}-[A-Z]{4}/);
    expect(run.stdout).toContain(`Signed in to ${server} as ana.`);
    expect(statSync(tokenFile()).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, "govern")).mode & 0o777).toBe(0o700);
    expect(decodeProtectedHeader(accessToken())).toMatchObject({ typ: "at+jwt", alg: "ES256" });
    expect(decodeJwt(accessToken())).toMatchObject({
      aud: server,
      sub: "ana",
      client_id: cliClientId,
    });
    expect(`${run.stdout}${run.stderr}`).not.toContain(accessToken());
  });

  it("says who one is there", async () => {
    const run = await govern(["whoami", "--json"]);
    expect(JSON.parse(run.stdout)).toEqual({
      server,
      subject: "ana",
      issuer: desk.provider.issuer,
      groups: ["support", "support-leads"],
    });
    expect((await govern(["whoami"])).stdout).toContain("ana (support, support-leads)");
  });

  it("lets a lead list and approve what waits, and read the trail", async () => {
    desk.provider.person = "sam";
    const sam = createUserAgent();
    await sam.open(`${desk.appUrl}/`);
    const held = await sam.once(`${desk.appUrl}${apiPath}/v2/tickets/t-1/refunds`, {
      method: "POST",
      headers: { "sec-fetch-site": "same-origin", "content-type": "application/json" },
      body: JSON.stringify({ amount: 5, note: "late" }),
    });
    const { ticket } = JSON.parse(held.text) as HeldBody;
    const listed = await govern(["approvals", "list", "--server", server, "--json"]);
    expect(JSON.parse(listed.stdout) as ApprovalView[]).toMatchObject([
      { id: ticket, requester: { subject: "sam", issuer: desk.provider.issuer } },
    ]);
    const approved = await govern(["approvals", "approve", ticket, "--server", server]);
    expect(approved, approved.stderr).toMatchObject({ code: 0 });
    await expect.poll(() => desk.upstream.seen.length).toBe(1);
    const trail = await govern([
      "audit",
      "list",
      "--server",
      server,
      "--type",
      "decision",
      "--json",
    ]);
    const [entry] = JSON.parse(trail.stdout) as AuditEntry[];
    expect(entry?.actor).toMatchObject({ subject: "ana", issuer: desk.provider.issuer });
    expect(JSON.stringify(entry)).not.toContain(accessToken());
  });

  it("is refused what it was not made for (I3, I4)", async () => {
    const token = accessToken();
    expect((await asProgram(token)).status).toBe(200);
    const onApp = await send(
      { port: desk.ports.app, host: "desk.localhost" },
      { path: "/_govern/me", headers: { authorization: `Bearer ${token}` } },
    );
    expect(onApp.json()).toMatchObject({
      code: "token-invalid",
      detail: "The token is for another audience.",
    });
    const twice = await asProgram(token, { authorization: [`Bearer ${token}`, "Bearer x"] });
    expect(twice.status).toBe(401);
  });

  it.each([
    ["a page of another site", { origin: "https://evil.example" }],
    ["a page with fetch metadata", { "sec-fetch-site": "cross-site" }],
    ["a browser with cookies", { cookie: "a=b" }],
  ])("is not taken from %s (I7)", async (_name, headers) => {
    expect((await asProgram(accessToken(), headers)).status).toBe(401);
    const decided = await send(
      { port: desk.ports.operator, host: "127.0.0.1" },
      {
        method: "POST",
        path: "/api/approvals/x/decision",
        headers: { authorization: `Bearer ${accessToken()}`, ...headers },
      },
    );
    expect(decided.headers["govern-error"]).toBe("cross-origin");
  });

  it("gets a new token when the old one is about to expire", async () => {
    const before = stored();
    const old = before.servers[server];
    if (old === undefined) throw new Error("nobody is signed in");
    old.expiresAt = Date.now() + 1000;
    writeFileSync(tokenFile(), JSON.stringify({ version: 1, servers: before.servers }), {
      mode: 0o600,
    });
    expect((await govern(["whoami"])).code).toBe(0);
    expect(accessToken()).not.toBe(old.accessToken);
    expect(statSync(tokenFile()).mode & 0o777).toBe(0o600);
  });

  it("does not read tokens that others may read", async () => {
    chmodSync(tokenFile(), 0o644);
    const run = await govern(["whoami"]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("error[file-invalid]");
    expect(run.stderr).toContain("chmod 600");
    chmodSync(tokenFile(), 0o600);
  });

  it("signs out, and takes the token back at the provider", async () => {
    const run = await govern(["logout", "--json"]);
    expect(JSON.parse(run.stdout)).toEqual({ server, wasSignedIn: true, revoked: true });
    expect(readFileSync(tokenFile(), "utf8")).not.toContain("accessToken");
    const after = await govern(["approvals", "list", "--server", server]);
    expect(after.code).toBe(2);
    expect(after.stderr).toContain(`govern login --server ${server}`);
    expect((await govern(["whoami"])).code).toBe(2);
    expect((await govern(["logout", "--server", server])).stdout).toContain("not signed in");
  });

  it("keeps nothing of a sign-in that was refused at the provider", async () => {
    const run = await login("ana", { abort: "yes" });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("error[sign-in-failed]: The sign-in was refused at the provider.");
    expect(readFileSync(tokenFile(), "utf8")).not.toContain("accessToken");
  });

  it.each([
    [["login"], "--server"],
    [["login", "--server", "http://govern.acme.example"], "in the clear"],
    [["login", "--server", "govern.acme.example"], "no address"],
    [["login", "--server", "https://govern.acme.example/path"], "no address"],
    [["approvals", "list", "--server", "https://a.example", "--as", "ana"], "--as"],
  ])("tells a wrong %j", async (args, told) => {
    const run = await govern(args);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(told);
  });

  it("tells a server that cannot be reached, and one that takes no sign-in", async () => {
    const closed = await govern(["login", "--server", "http://127.0.0.1:1"]);
    expect(closed.stderr).toContain("cannot be reached");
    const app = await govern(["login", "--server", `http://127.0.0.1:${desk.ports.app}`]);
    expect(app.code).toBe(1);
    expect(app.stderr).toContain("identity.oidc.cliClientId");
    expect(existsSync(join(home, ".govern"))).toBe(false);
  });

  it("tells a file of tokens that holds something else", async () => {
    mkdirSync(join(home, "govern"), { recursive: true });
    writeFileSync(tokenFile(), '{"servers":[]}', { mode: 0o600 });
    const run = await govern(["whoami"]);
    expect(run.stderr).toContain("error[file-invalid]");
    expect(run.stderr).toContain("govern login");
  });
});
