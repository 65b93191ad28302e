/** A program that calls an app's operations with a token of the provider, over the wire: the same rules as a page. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../../src/contract/audit-entry.ts";
import type { HeldBody } from "../../../src/contract/wire.ts";
import { startGovernedDesk, type GovernedDesk } from "../../identity-provider/governed-desk.ts";
import { cliClientId } from "../../identity-provider/identity-provider.ts";
import { createUserAgent } from "../../identity-provider/user-agent.ts";
import { send, type Reply } from "../client.ts";
import { apiPath, build } from "../desk-workspace.ts";

describe("a program with a token for an app", () => {
  let desk: GovernedDesk;
  let token: string;

  beforeAll(async () => {
    desk = await startGovernedDesk({
      oidc: `, cliClientId: ${cliClientId}`,
      identity: "  bearer: { algorithms: [ES256] }",
    });
    token = await signIn("sam", desk.appUrl);
  });
  afterAll(() => desk?.stop());

  const post = async (path: string, form: Record<string, string>): Promise<Reply> =>
    send(
      { port: desk.provider.port, host: "127.0.0.1" },
      {
        method: "POST",
        path,
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(form).toString(),
      },
    );
  /** Device authorization (RFC 8628): the person enters the code in a browser of their own. */
  const signIn = async (user: string, resource: string): Promise<string> => {
    const asked = { client_id: cliClientId, scope: "openid groups offline_access", resource };
    const begun = (await post("/device/auth", asked)).json() as Record<string, string>;
    desk.provider.person = user;
    const agent = createUserAgent();
    const confirm = await agent.submit(await agent.open(begun["verification_uri_complete"] ?? ""));
    await agent.submit(confirm, { confirm: "yes" });
    const grant = "urn:ietf:params:oauth:grant-type:device_code";
    const given = await post("/token", {
      client_id: cliClientId,
      grant_type: grant,
      device_code: begun["device_code"] ?? "",
      resource,
    });
    return (given.json() as { access_token: string }).access_token;
  };
  const call = (path: string, sent: { body?: object; as?: string } = {}): Promise<Reply> =>
    send(
      { port: desk.ports.app, host: "desk.localhost" },
      {
        method: sent.body === undefined ? "GET" : "POST",
        path,
        headers: {
          authorization: `Bearer ${sent.as ?? token}`,
          "govern-build": build,
          ...(sent.body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
      },
    );
  const decide = async (user: string, ticket: string): Promise<number> => {
    desk.provider.person = user;
    const agent = createUserAgent();
    await agent.open(`${desk.operatorUrl}/`);
    const decided = await agent.once(`${desk.operatorUrl}/api/approvals/${ticket}/decision`, {
      method: "POST",
      headers: {
        origin: desk.operatorUrl,
        "sec-fetch-site": "same-origin",
        "content-type": "application/json",
      },
      body: JSON.stringify({ decision: "approve", reason: "agreed" }),
    });
    return decided.status;
  };

  it("reads what its person's groups may read, as that person, and the upstream never sees the token", async () => {
    const answer = await call(`${apiPath}/v2/tickets/t-1`);
    expect(answer.status).toBe(201);
    const sent = desk.upstream.seen.at(-1);
    expect(JSON.stringify(sent?.headers)).not.toContain(token);
    desk.provider.person = "ana";
    const ana = createUserAgent();
    await ana.open(`${desk.operatorUrl}/`);
    const page = await ana.once(`${desk.operatorUrl}/api/audit?type=read`, {
      headers: { "sec-fetch-site": "same-origin" },
    });
    const [entry] = JSON.parse(page.text) as AuditEntry[];
    expect(entry?.actor).toMatchObject({ subject: "sam", issuer: desk.provider.issuer });
    expect(page.text).not.toContain(token);
  });

  it("is held at a write, and gets the result of its own ticket once somebody else agrees", async () => {
    const refund = { amount: 5, note: "late" };
    const held = await call(`${apiPath}/v2/tickets/t-1/refunds`, { body: refund });
    expect(held.status).toBe(202);
    const { ticket } = held.json() as HeldBody;
    expect(await decide("ana", ticket)).toBe(200);
    const result = `/_govern/tickets/${ticket}/result`;
    const other = await signIn("ana", desk.appUrl);
    expect((await call(result, { as: other })).headers).toMatchObject({
      "govern-error": "outcome-unknown",
    });
    await expect
      .poll(async () => (await call(`/_govern/tickets?id=${ticket}`)).json())
      .toMatchObject([{ state: "ready" }]);
    const answer = await call(result);
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({ body: JSON.stringify(refund) });
  });

  it.each([
    ["no permission", () => signIn("kim", desk.appUrl), 403, "denied"],
    ["a token for the operators", () => signIn("sam", desk.operatorUrl), 401, "token-invalid"],
    ["a token that was changed", async () => `${token.slice(0, -4)}AAAA`, 401, "token-invalid"],
    ["what is no token", async () => "x", 401, "token-invalid"],
  ])("is refused with %s", async (_name, tokenOf, status, code) => {
    const sent = desk.upstream.seen.length;
    const answer = await call(`${apiPath}/v2/tickets/t-1`, { as: await tokenOf() });
    expect(answer).toMatchObject({ status, headers: { "govern-error": code } });
    expect(desk.upstream.seen).toHaveLength(sent);
  });
});
