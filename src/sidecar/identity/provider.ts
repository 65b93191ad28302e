/**
 * The identity provider: authorization code with PKCE, refresh and sign-out by OpenID Connect (Core, Discovery,
 * RP-Initiated Logout 1.0; RFC 7636, RFC 9207). What comes back was verified: the ID token's signature by the issuer's
 * published keys, issuer, audience, times, nonce; state and PKCE. Must not know of cookies or sessions.
 */
import type * as OpenIdClient from "openid-client";
import type { OidcSettings } from "../../contract/workspace.ts";
import type { GovernErrorCode } from "../../errors/codes.ts";
import type { SessionTokens } from "../store/store.ts";
import { readGroups } from "./claims.ts";
import type { Clock } from "./clock.ts";
import type { Person } from "./people.ts";
import { isUnreachable, tellFault } from "./provider-fault.ts";
import type { Refreshed } from "./sessions.ts";

const defaultGroupsClaim = "groups";
/** Seconds that one request to the provider may take. */
const timeout = 10;
/** Milliseconds after which the provider's description is read again; the last one is used where that fails. */
const describedFor = 3_600_000;
/** Milliseconds in which a provider that could not be reached is not asked again. */
const cooldown = 5_000;

/** Why a sign-in went no further: an expected end, not a fault of the sidecar. */
export class SignInRefused extends Error {
  override readonly name = "SignInRefused";
  readonly code: Extract<GovernErrorCode, "sign-in-failed" | "provider-unavailable">;

  constructor(code: SignInRefused["code"], detail: string, cause?: unknown) {
    super(detail, { cause });
    this.code = code;
  }
}

/** One sign-in that was begun: its secrets, bound to the browser that began it. */
export interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

type Refreshable = Omit<Person, "groups"> & { readonly tokens: SessionTokens | null };

export interface SignedIn {
  readonly person: Person;
  readonly tokens: SessionTokens;
}

export interface Provider {
  readonly settings: OidcSettings;
  /** A new attempt, and where the browser has to go. */
  begin(redirectUri: string): Promise<{ readonly attempt: Attempt; readonly url: string }>;
  /** Who signed in, from the address that the browser came back to. Throws `SignInRefused`. */
  finish(callback: URL, attempt: Attempt): Promise<SignedIn>;
  /** Reads the groups of somebody again. */
  refresh(session: Refreshable, refreshToken: string): Promise<Refreshed>;
  /** Where the browser has to go to be signed out at the provider; undefined if it offers that nowhere. */
  endSessionUrl(idToken: string | null, returnTo: string): Promise<string | undefined>;
  /** Its own name, as tokens have it, and the address of its keys. Throws `SignInRefused`. */
  describe(): Promise<{ readonly issuer: string; readonly jwksUri: URL }>;
}

export interface ProviderOptions {
  readonly settings: OidcSettings;
  /** Resolved. */
  readonly clientSecret: string | undefined;
  readonly now: Clock;
}

/** Whether an address may be asked without TLS: this machine's own alone. */
export function isLoopbackUrl(url: URL): boolean {
  return (
    url.protocol === "http:" && /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
  );
}

class OidcProvider implements Provider {
  readonly settings: OidcSettings;
  readonly #options: ProviderOptions;
  #described: { readonly config: OpenIdClient.Configuration; readonly at: number } | undefined;
  #describing: Promise<OpenIdClient.Configuration> | undefined;
  #failed: { readonly at: number; readonly error: SignInRefused } | undefined;

  constructor(options: ProviderOptions) {
    this.#options = options;
    this.settings = options.settings;
  }

  /** The provider as it describes itself; read when it is first needed, so that the sidecar starts without it. */
  async #config(): Promise<OpenIdClient.Configuration> {
    const now = this.#options.now();
    if (this.#described !== undefined && now < this.#described.at + describedFor) {
      return this.#described.config;
    }
    if (this.#failed !== undefined && now < this.#failed.at + cooldown) {
      if (this.#described !== undefined) return this.#described.config;
      throw this.#failed.error;
    }
    this.#describing ??= this.#discover().finally(() => {
      this.#describing = undefined;
    });
    try {
      return await this.#describing;
    } catch (error) {
      if (this.#described !== undefined) return this.#described.config;
      throw error;
    }
  }

  async #discover(): Promise<OpenIdClient.Configuration> {
    const client = await import("openid-client");
    const { settings, clientSecret, now } = this.#options;
    const issuer = new URL(settings.issuer);
    try {
      const config = await client.discovery(
        issuer,
        settings.clientId,
        undefined,
        clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret),
        {
          timeout,
          execute: [
            client.enableNonRepudiationChecks,
            ...(isLoopbackUrl(issuer) ? [client.allowInsecureRequests] : []),
          ],
        },
      );
      this.#described = { config, at: now() };
      this.#failed = undefined;
      return config;
    } catch (cause) {
      const detail = `The identity provider ${settings.issuer} does not describe itself: ${tellFault(cause)}.`;
      const error = new SignInRefused("provider-unavailable", detail, cause);
      this.#failed = { at: now(), error };
      throw error;
    }
  }

  async begin(redirectUri: string): Promise<{ attempt: Attempt; url: string }> {
    const config = await this.#config();
    const client = await import("openid-client");
    const attempt = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    };
    const scopes = ["openid", ...(this.settings.scopes ?? [])];
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: [...new Set(scopes)].join(" "),
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: "S256",
      // OpenID Connect Core 11: offline access has to be consented to.
      ...(scopes.includes("offline_access") ? { prompt: "consent" } : {}),
    });
    return { attempt, url: url.href };
  }

  async finish(callback: URL, attempt: Attempt): Promise<SignedIn> {
    const config = await this.#config();
    const client = await import("openid-client");
    try {
      const tokens = await client.authorizationCodeGrant(config, callback, {
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        pkceCodeVerifier: attempt.verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new SignInRefused("sign-in-failed", "There is no ID token.");
      this.#checkParty(claims);
      const groups = await this.#groupsOf(config, claims, tokens.access_token);
      const person = { subject: claims.sub, issuer: claims.iss, groups };
      const kept = { refresh: tokens.refresh_token ?? null, id: tokens.id_token ?? null };
      return { person, tokens: kept };
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** An ID token for another client's use, also where it has this one as its only audience. */
  #checkParty({ azp }: OpenIdClient.IDToken): void {
    if (azp === undefined || azp === this.settings.clientId) return;
    throw new SignInRefused("sign-in-failed", "The ID token was made for another client (azp).");
  }

  /** The groups of the ID token, else of the userinfo endpoint, whose subject must be the same. */
  async #groupsOf(
    config: OpenIdClient.Configuration,
    claims: Readonly<Record<string, unknown>> & { readonly sub: string },
    accessToken: string,
  ): Promise<readonly string[]> {
    const name = this.settings.groupsClaim ?? defaultGroupsClaim;
    const stated = usable(readGroups(claims, name));
    if (stated !== undefined) return stated;
    if (config.serverMetadata().userinfo_endpoint === undefined) return [];
    const client = await import("openid-client");
    const told = await client.fetchUserInfo(config, accessToken, claims.sub);
    return usable(readGroups(told, name)) ?? [];
  }

  async refresh(
    { subject, issuer, tokens }: Refreshable,
    refreshToken: string,
  ): Promise<Refreshed> {
    try {
      const config = await this.#config();
      const client = await import("openid-client");
      const fresh = await client.refreshTokenGrant(config, refreshToken);
      const claims = fresh.claims();
      if (claims !== undefined) {
        this.#checkParty(claims);
        if (claims.sub !== subject || claims.iss !== issuer) {
          return { kind: "refused", detail: "The provider answered for somebody else." };
        }
      }
      const groups = await this.#groupsOf(config, claims ?? { sub: subject }, fresh.access_token);
      const kept = {
        refresh: fresh.refresh_token ?? refreshToken,
        id: fresh.id_token ?? tokens?.id ?? null,
      };
      return { kind: "stated", groups, tokens: kept };
    } catch (error) {
      const { code, message: detail } = refusalOf(error);
      return { kind: code === "provider-unavailable" ? "unavailable" : "refused", detail };
    }
  }

  async endSessionUrl(idToken: string | null, returnTo: string): Promise<string | undefined> {
    try {
      const config = await this.#config();
      if (config.serverMetadata().end_session_endpoint === undefined) return undefined;
      const client = await import("openid-client");
      return client.buildEndSessionUrl(config, {
        post_logout_redirect_uri: returnTo,
        ...(idToken === null ? {} : { id_token_hint: idToken }),
      }).href;
    } catch (error) {
      if (error instanceof SignInRefused) return undefined;
      throw error;
    }
  }

  async describe(): Promise<{ issuer: string; jwksUri: URL }> {
    const { issuer, jwks_uri: uri } = (await this.#config()).serverMetadata();
    const jwksUri = uri !== undefined && URL.canParse(uri) ? new URL(uri) : undefined;
    if (jwksUri?.protocol === "https:") return { issuer, jwksUri };
    if (jwksUri !== undefined && isLoopbackUrl(jwksUri)) return { issuer, jwksUri };
    throw new SignInRefused(
      "provider-unavailable",
      "The identity provider publishes no keys by TLS.",
    );
  }
}

function usable<T>(reading: { ok: true; value: T } | { ok: false; detail: string }): T {
  if (reading.ok) return reading.value;
  throw new SignInRefused("sign-in-failed", reading.detail);
}

function refusalOf(error: unknown): SignInRefused {
  if (error instanceof SignInRefused) return error;
  return isUnreachable(error)
    ? new SignInRefused("provider-unavailable", "The identity provider did not answer.", error)
    : new SignInRefused("sign-in-failed", `The sign-in was refused: ${tellFault(error)}.`, error);
}

/** The provider of `identity.oidc`; nothing is asked of it yet. */
export function createProvider(options: ProviderOptions): Provider {
  return new OidcProvider(options);
}
