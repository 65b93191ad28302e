/** A real OpenID provider on loopback: oidc-provider, with people of the test's, whose sign-in it takes without a form. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createProbe, type AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

export interface IdentityProvider {
  readonly issuer: string;
  readonly port: number;
  /** Subject → groups; who is not in it has no account. A function gives any other claims. */
  readonly people: Map<string, readonly string[] | (() => Record<string, unknown>)>;
  /** Who signs in next, where no form asks. */
  person: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** What answers instead of the provider: an outage, or a forged answer. Undefined lets it go on. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  stop(): Promise<void>;
  /** Listens again on the same port. */
  resume(): Promise<void>;
}

export interface ProviderSettings {
  readonly redirectUris: readonly string[];
  readonly postLogoutUris: readonly string[];
  /** People fill in the provider's own form. */
  readonly interactive?: boolean;
  /** Groups stand in the ID token; else the userinfo endpoint tells them. */
  readonly groupsInIdToken?: boolean;
}

export const clientId = "govern-web";
export const cliClientId = "govern-cli";
export const clientSecret = "web-secret-7c0b9e";

/** A port that was free a moment ago: the sidecar's address has to be known before it starts. */
export async function freePort(): Promise<number> {
  const probe = createProbe();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

async function signingKeys(): Promise<object> {
  const keys = await Promise.all(
    ["RS256", "ES256"].map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), alg, use: "sig", kid: `provider-${alg}` };
    }),
  );
  return { keys };
}

function claimsOf(subject: string, provider: IdentityProvider): Record<string, unknown> {
  const stated = provider.people.get(subject);
  if (typeof stated === "function") return { sub: subject, ...stated() };
  return { sub: subject, groups: stated ?? [] };
}

function configuration(settings: ProviderSettings, self: IdentityProvider, jwks: object): object {
  const grants = ["authorization_code", "refresh_token"];
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: settings.redirectUris,
        post_logout_redirect_uris: settings.postLogoutUris,
        grant_types: grants,
      },
      {
        client_id: cliClientId,
        token_endpoint_auth_method: "none",
        redirect_uris: [],
        response_types: [],
        grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
      },
    ],
    jwks,
    ttl: Object.fromEntries(lived.map((name) => [name, 3600])),
    cookies: { keys: ["cookie-key-of-the-test"] },
    claims: { openid: ["sub"], groups: ["groups"] },
    conformIdTokenClaims: settings.groupsInIdToken !== true,
    pkce: { required: () => true },
    issueRefreshToken: async () => true,
    features: {
      devInteractions: { enabled: settings.interactive === true },
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: "",
          audience: resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
    extraTokenClaims: (_context: unknown, token: { readonly accountId?: string }) =>
      token.accountId === undefined ? {} : { groups: claimsOf(token.accountId, self)["groups"] },
    findAccount: (_context: unknown, subject: string) =>
      self.people.has(subject)
        ? { accountId: subject, claims: () => claimsOf(subject, self) }
        : undefined,
    async loadExistingGrant(context: GrantContext) {
      const { client, session, provider, params } = context.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid groups offline_access");
      for (const resource of [params?.resource ?? []].flat()) grant.addResourceScope(resource, "");
      await grant.save();
      return grant;
    },
    ...(settings.interactive === true ? {} : { interactions: { url: () => "/interaction" } }),
  };
}

/** What the provider would complain of when it has to choose. */
const lived = [
  "AccessToken",
  "AuthorizationCode",
  "DeviceCode",
  "Grant",
  "IdToken",
  "Interaction",
  "RefreshToken",
  "Session",
];

interface GrantContext {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
    readonly provider: Provider;
    readonly params?: { readonly resource?: string | string[] };
  };
}

export async function startIdentityProvider(settings: ProviderSettings): Promise<IdentityProvider> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  let server: Server;
  const listen = async (): Promise<void> => {
    server = createServer((request, response) => {
      self.asked.push((request.url ?? "").split("?")[0] ?? "");
      if (self.instead?.(request, response) === true) return;
      if (request.url === "/interaction") {
        const login = { accountId: self.person, remember: false };
        const options = { mergeWithLastSubmission: false };
        provider.interactionFinished(request, response, { login }, options).catch(() => {
          response.writeHead(500).end();
        });
        return;
      }
      provider.callback()(request, response);
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  const self: IdentityProvider = {
    issuer,
    port,
    people: new Map(),
    person: "",
    asked: [],
    instead: undefined,
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
    resume: listen,
  };
  const provider = new Provider(issuer, configuration(settings, self, await signingKeys()));
  await listen();
  return self;
}
