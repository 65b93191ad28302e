/** Signing in without a browser of its own: the device grant (RFC 8628) at the provider that a server names. */
import type {
  Configuration,
  TokenEndpointResponse,
  TokenEndpointResponseHelpers,
} from "openid-client";
import * as z from "zod";
import { GovernError } from "../../errors/govern-error.ts";
import { exchange, type RemoteAnswer } from "./exchange.ts";
import { isLoopback } from "./server-address.ts";
import { keepTokens, type StoredTokens } from "./token-store.ts";

const deviceSchema = z.object({
  issuer: z.url(),
  clientId: z.string(),
  audience: z.string(),
  scopes: z.array(z.string()),
});
type Device = z.infer<typeof deviceSchema>;

/** What the person has to do now. */
export interface DevicePrompt {
  readonly url: string;
  readonly code: string;
  /** With the code in it, where the provider has such an address. */
  readonly completeUrl: string | undefined;
}

type Tokens = TokenEndpointResponse & TokenEndpointResponseHelpers;

async function describeServer(server: string): Promise<Device> {
  const answer: RemoteAnswer = await exchange(server, { path: "/_govern/device" });
  const device = answer.status === 200 ? deviceSchema.safeParse(answer.json()) : undefined;
  if (device?.success === true) return device.data;
  throw new GovernError(
    "sign-in-failed",
    `${server} does not take a sign-in from the command line.`,
    {
      next: "Is it the operator origin? Its govern.yaml needs identity.oidc.cliClientId and identity.bearer.",
    },
  );
}

async function configure({
  issuer,
  clientId,
}: Pick<Device, "issuer" | "clientId">): Promise<Configuration> {
  const client = await import("openid-client");
  const url = new URL(issuer);
  const insecure = url.protocol === "http:" && isLoopback(url);
  return client.discovery(url, clientId, undefined, client.None(), {
    timeout: 15,
    execute: insecure ? [client.allowInsecureRequests] : [],
  });
}

/** Whom the token is for: a resource (RFC 8707) where it is an address, else as providers without that RFC are asked. */
function target(audience: string): Record<string, string> {
  return URL.canParse(audience) ? { resource: audience } : { audience };
}

function toStored(
  device: Pick<Device, "issuer" | "clientId" | "audience">,
  tokens: Tokens,
  old: string | null,
): StoredTokens {
  const lasts = tokens.expiresIn();
  return {
    issuer: device.issuer,
    clientId: device.clientId,
    audience: device.audience,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? old,
    expiresAt: lasts === undefined ? null : Date.now() + lasts * 1000,
  };
}

const said: Readonly<Record<string, string>> = {
  access_denied: "The sign-in was refused at the provider.",
  expired_token: "The code expired before anybody entered it.",
  unauthorized_client: "The provider does not let this client sign in by a device code.",
  invalid_client: "The provider does not know this client, or wants a secret of it.",
  invalid_grant: "The provider no longer takes what was kept of your sign-in.",
  invalid_target: "The provider gives no tokens for this server.",
};

function failed(error: unknown): GovernError {
  if (error instanceof GovernError) return error;
  const { error: code } = (error ?? {}) as { error?: unknown };
  const known = typeof code === "string" ? said[code] : undefined;
  if (typeof code === "string") {
    const next =
      "Run `govern login` again; the provider's administrator knows the client's settings.";
    return new GovernError("sign-in-failed", known ?? `The provider answered ${code}.`, {
      next,
      cause: error,
    });
  }
  return new GovernError(
    "provider-unavailable",
    "The identity provider cannot be reached, or its answer cannot be used.",
    {
      next: "Try again; GOVERN_DEBUG=1 shows what it answered.",
      cause: error,
    },
  );
}

/** Gets tokens for a server; `prompt` is told what the person has to do. Nothing is kept yet. */
export async function signInByDevice(
  server: string,
  prompt: (ask: DevicePrompt) => void,
): Promise<StoredTokens> {
  const device = await describeServer(server);
  try {
    const client = await import("openid-client");
    const config = await configure(device);
    const offline = config.serverMetadata().scopes_supported?.includes("offline_access") === true;
    const scopes = new Set(["openid", ...device.scopes, ...(offline ? ["offline_access"] : [])]);
    const begun = await client.initiateDeviceAuthorization(config, {
      scope: [...scopes].join(" "),
      ...target(device.audience),
    });
    prompt({
      url: begun.verification_uri,
      code: begun.user_code,
      completeUrl: begun.verification_uri_complete,
    });
    const tokens = await client.pollDeviceAuthorizationGrant(
      config,
      begun,
      target(device.audience),
    );
    return toStored(device, tokens, null);
  } catch (error) {
    throw failed(error);
  }
}

/** The access token of kept ones; got anew where it is about to expire. */
export async function freshToken(server: string, stored: StoredTokens): Promise<string> {
  const isFresh = stored.expiresAt === null || Date.now() < stored.expiresAt - 30_000;
  if (isFresh || stored.refreshToken === null) return stored.accessToken;
  try {
    const client = await import("openid-client");
    const config = await configure(stored);
    const wanted = target(stored.audience);
    const tokens = await client.refreshTokenGrant(config, stored.refreshToken, wanted);
    const renewed = toStored(stored, tokens, stored.refreshToken);
    keepTokens(server, renewed);
    return renewed.accessToken;
  } catch (error) {
    throw failed(error);
  }
}

/** Takes kept tokens back at the provider (RFC 7009), where it offers that; whether it did. */
export async function revoke(stored: StoredTokens): Promise<boolean> {
  try {
    const client = await import("openid-client");
    const config = await configure(stored);
    if (config.serverMetadata().revocation_endpoint === undefined) return false;
    await client.tokenRevocation(config, stored.refreshToken ?? stored.accessToken);
    return true;
  } catch {
    return false;
  }
}
