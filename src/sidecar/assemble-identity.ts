/** Wires who is calling: sessions, tokens, provider or proxy, and the routes of signing in, once for each origin. */
import { randomUUID } from "node:crypto";
import { parseDuration } from "../contract/duration.ts";
import type { ProxySettings, Workspace } from "../contract/workspace.ts";
import { GovernError } from "../errors/govern-error.ts";
import { proxyCallers, sessionCallers, type Callers } from "./identity/callers.ts";
import type { Clock } from "./identity/clock.ts";
import { publishedKeys, readPublicKey } from "./identity/issuer-keys.ts";
import { createLoginAttempts } from "./identity/login-attempts.ts";
import type { People } from "./identity/people.ts";
import { createProvider, type Provider } from "./identity/provider.ts";
import { createSessions, type SessionLifetimes, type Sessions } from "./identity/sessions.ts";
import { cachingVerifier, type VerifyOne } from "./identity/token-cache.ts";
import { trustedPeers } from "./identity/trusted-peers.ts";
import { verifyToken, type TokenRules } from "./identity/verify-token.ts";
import { createSignIn, type SignIn, type SignInOptions } from "./routes/sign-in.ts";
import { createDevWay } from "./routes/sign-in/dev-way.ts";
import { createOidcWay } from "./routes/sign-in/oidc-way.ts";
import { createProxyWay } from "./routes/sign-in/proxy-way.ts";
import { loginEntry } from "./routes/sign-in/way.ts";
import type { Secrets } from "./secrets.ts";
import type { Store } from "./store/store.ts";

export interface IdentityParts {
  readonly workspace: Workspace;
  readonly dev: boolean;
  readonly people: People;
  readonly store: Store;
  readonly sessionKey: Uint8Array;
  readonly secrets: Secrets;
  readonly now: Clock;
  readonly onFault: (error: unknown) => void;
}

/** One origin: an app's, or null for the operator's. */
type Origin = string | null;

const lifetimes = (workspace: Workspace): SessionLifetimes => {
  const { idle, absolute, groupsMaxAge } = workspace.identity?.sessions ?? {};
  return {
    idle: parseDuration(idle ?? "2h"),
    absolute: parseDuration(absolute ?? "12h"),
    groupsMaxAge: parseDuration(groupsMaxAge ?? "15m"),
  };
};

const seconds = (duration: string | undefined): number => parseDuration(duration ?? "1h") / 1000;

/** The address of an origin, as `aud` names it where nothing else was configured. */
function addressOf({ apps, server }: Workspace, origin: Origin): string | undefined {
  const url = origin === null ? server?.operatorUrl : apps?.[origin]?.url;
  return url === undefined ? undefined : new URL(url).origin;
}

function audienceOf(
  workspace: Workspace,
  named:
    | {
        readonly operator?: string | undefined;
        readonly apps?: Readonly<Record<string, string>> | undefined;
      }
    | undefined,
  origin: Origin,
): string | undefined {
  const given = origin === null ? named?.operator : named?.apps?.[origin];
  return given ?? addressOf(workspace, origin);
}

class IdentityAssembly {
  readonly #parts: IdentityParts;
  readonly #provider: Provider | undefined;
  readonly #providerKeys: TokenRules["keys"] | undefined;

  constructor(parts: IdentityParts) {
    this.#parts = parts;
    const { oidc } = parts.workspace.identity ?? {};
    if (oidc === undefined || parts.dev) return;
    const { secrets, now } = parts;
    const clientSecret =
      oidc.clientSecret === undefined
        ? undefined
        : secrets.resolve(oidc.clientSecret, "identity.oidc.clientSecret");
    const provider = createProvider({ settings: oidc, clientSecret, now });
    this.#provider = provider;
    this.#providerKeys = publishedKeys(async () => (await provider.describe()).jwksUri, now);
  }

  /** Verifies access tokens of the provider for one origin. */
  #bearer(origin: Origin): VerifyOne | undefined {
    const { workspace, now } = this.#parts;
    const { bearer, oidc } = workspace.identity ?? {};
    const provider = this.#provider;
    const keys = this.#providerKeys;
    const audience = audienceOf(workspace, bearer?.audiences, origin);
    if (
      bearer === undefined ||
      provider === undefined ||
      keys === undefined ||
      audience === undefined
    )
      return undefined;
    const fixed = {
      audience,
      algorithms: bearer.algorithms ?? ["RS256", "ES256", "EdDSA"],
      type: bearer.type ?? "at+jwt",
      maxAge: seconds(bearer.maxAge),
      clients: bearer.clients ?? null,
      groupsClaim: oidc?.groupsClaim ?? "groups",
      keys,
    };
    return cachingVerifier(async (token) => {
      // Known before a token is looked at: which issuer's, and that it can be asked.
      const issuer = await provider.describe().then(
        (described) => described.issuer,
        () => undefined,
      );
      return issuer === undefined
        ? {
            ok: false,
            fault: "keys-unavailable",
            detail: "The identity provider cannot be reached.",
          }
        : verifyToken(token, { ...fixed, issuer }, now);
    }, now);
  }

  #proxyCallers(origin: Origin): Callers | undefined {
    const { workspace, secrets, now, dev } = this.#parts;
    const proxy = dev ? undefined : workspace.identity?.proxy;
    if (proxy === undefined) return undefined;
    const rules: TokenRules = {
      issuer: proxy.issuer,
      audience: audienceOf(workspace, proxy.audiences, origin) ?? "",
      algorithms: proxy.algorithms ?? ["ES256", "RS256"],
      type: null,
      maxAge: seconds(proxy.maxAge),
      clients: null,
      groupsClaim: proxy.groupsClaim ?? "groups",
      keys: this.#proxyKeys(proxy, secrets, now),
    };
    return proxyCallers({
      header: proxy.header.toLowerCase(),
      isTrusted: trustedPeers(workspace.server?.trustedProxies ?? []),
      verify: cachingVerifier((token) => verifyToken(token, rules, now), now),
    });
  }

  #proxyKeys(proxy: ProxySettings, secrets: Secrets, now: Clock): TokenRules["keys"] {
    if (proxy.key === undefined) {
      const url = new URL(proxy.jwks ?? "");
      return publishedKeys(async () => url, now);
    }
    const key = readPublicKey(secrets.resolve(proxy.key, "identity.proxy.key"));
    if (key !== undefined) return key;
    throw new GovernError("workspace-invalid", "identity.proxy.key is no public key.", {
      next: "Give the proxy's public key as PEM, or as a JWK in JSON.",
    });
  }

  #sessions(origin: Origin): Sessions {
    const { sessionKey: key, workspace, people, store, now, onFault } = this.#parts;
    const provider = this.#provider;
    return createSessions({
      key,
      cookie: origin === null ? "__Host-govern-operator" : "__Host-govern-app",
      audience: origin === null ? "operator" : `app:${origin}`,
      lifetimes: lifetimes(workspace),
      people,
      store,
      now,
      refresh:
        provider === undefined ? undefined : (record, token) => provider.refresh(record, token),
      endEntry: ({ subject, issuer, groups, id: session }, why) =>
        loginEntry({
          identity: { subject, issuer, groups, session },
          app: origin,
          decision: { result: why === "refused" ? "ended-by-provider" : "signed-out" },
          correlation: randomUUID(),
        }),
      onFault,
    });
  }

  #makeWay(origin: Origin, sessions: Sessions, callers: Callers): SignInOptions["makeWay"] {
    const { people, sessionKey: key, now, workspace, onFault } = this.#parts;
    const title = origin ?? "govern";
    const provider = this.#provider;
    if (this.#parts.dev) {
      return (refuse) => createDevWay({ title, app: origin, people, sessions, refuse, onFault });
    }
    if (provider === undefined) return () => createProxyWay(callers);
    const cookie = origin === null ? "__Host-govern-operator-login" : "__Host-govern-app-login";
    const audience = origin === null ? "operator" : `app:${origin}`;
    const attempts = createLoginAttempts({ key, cookie, audience, now });
    const clientId = provider.settings.cliClientId;
    const token = audienceOf(workspace, workspace.identity?.bearer?.audiences, origin);
    const device =
      origin !== null || clientId === undefined || token === undefined
        ? undefined
        : { clientId, audience: token };
    return (refuse) =>
      createOidcWay({ title, app: origin, provider, attempts, sessions, device, refuse, onFault });
  }

  signIn(origin: Origin): SignIn {
    const sessions = this.#sessions(origin);
    const callers = this.#proxyCallers(origin) ?? sessionCallers(sessions, this.#bearer(origin));
    const { store, onFault } = this.#parts;
    const makeWay = this.#makeWay(origin, sessions, callers);
    return createSignIn({
      title: origin ?? "govern",
      app: origin,
      callers,
      sessions,
      store,
      onFault,
      makeWay,
    });
  }
}

/** Gives the sign-in of each origin. */
export function assembleIdentity(parts: IdentityParts): (origin: Origin) => SignIn {
  const assembly = new IdentityAssembly(parts);
  return (origin) => assembly.signIn(origin);
}
