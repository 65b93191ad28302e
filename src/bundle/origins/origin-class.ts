/**
 * What is behind each origin that a bundle calls: data, sign-in, telemetry or public files, with the reason. An origin is of
 * another class than `data` only if everything the bundle asks of it fits; what is not known is data, which is governed.
 */
import type { Origin } from "../../contract/build.ts";
import { originId } from "../../contract/operation-id.ts";
import type { Operation } from "../../contract/operation.ts";
import {
  identityProviders,
  publicFileHosts,
  standardSignIn,
  telemetryServices,
  type IdentityProvider,
  type KnownService,
} from "./known-hosts.ts";

type Placed = Extract<Operation, { readonly origin: string }>;

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).hostname.toLowerCase() : undefined;
}

function isAt(host: string | undefined, hosts: readonly string[]): boolean {
  return host !== undefined && hosts.some((one) => host === one || host.endsWith(`.${one}`));
}

/** The service on whose hosts an origin is and whose paths hold all that is asked of it. */
function serviceOf(
  services: readonly KnownService[],
  origin: string,
  asked: readonly Placed[],
): KnownService | undefined {
  const host = hostOf(origin);
  return services.find(
    ({ hosts, paths }) =>
      isAt(host, hosts) && (paths === undefined || asked.every(({ path }) => paths.test(path))),
  );
}

function providerOf(origin: string): IdentityProvider | undefined {
  const host = hostOf(origin);
  return identityProviders.find(({ hosts }) => isAt(host, hosts));
}

/** Whether an operation signs a person in or out, or keeps them signed in, and does nothing else. */
function isSignIn({ origin, path }: Placed): boolean {
  return providerOf(origin)?.signIn.test(path) === true || standardSignIn.test(path);
}

interface Verdict {
  readonly class: Origin["class"];
  /** What follows the number of operations. */
  readonly because: string;
}

function authVerdict(origin: string, asked: readonly Placed[]): Verdict | undefined {
  const provider = providerOf(origin);
  if (provider !== undefined && asked.every(({ path }) => provider.paths.test(path))) {
    return { class: "auth", because: `${provider.name}, by its host` };
  }
  const isStandard = asked.every(({ path }) => standardSignIn.test(path));
  return isStandard
    ? { class: "auth", because: "all of it endpoints of OAuth 2.0 or OpenID Connect" }
    : undefined;
}

function publicFiles(origin: string, asked: readonly Placed[]): Verdict | undefined {
  const isRead = asked.every((one) => one.kind === "http" && one.access === "read");
  const host = isRead ? serviceOf(publicFileHosts, origin, asked) : undefined;
  return host && { class: "external", because: `public files of ${host.name}, by its host` };
}

function verdictOf(origin: string, asked: readonly Placed[]): Verdict {
  const telemetry = serviceOf(telemetryServices, origin, asked);
  if (telemetry !== undefined) {
    const because = `telemetry to ${telemetry.name}, by its host: answered, recorded, not sent on unless it is mapped`;
    return { class: "telemetry", because };
  }
  const known = authVerdict(origin, asked) ?? publicFiles(origin, asked);
  return known ?? { class: "data", because: mixedWith(origin, asked) };
}

/** What a reader would take for sign-in beside data. */
function mixedWith(origin: string, asked: readonly Placed[]): string {
  const signIn = asked.filter(isSignIn).length;
  if (signIn === 0) return "";
  const name = providerOf(origin)?.name ?? "sign-in";
  return `${String(signIn)} of them ${name} beside data`;
}

/** The origins of operations, sorted, each with its class and why. */
export function classifyOrigins(operations: readonly Operation[]): Origin[] {
  const byOrigin = new Map<string, Placed[]>();
  for (const operation of operations) {
    if (!("origin" in operation)) continue;
    const known = byOrigin.get(operation.origin);
    if (known === undefined) byOrigin.set(operation.origin, [operation]);
    else known.push(operation);
  }
  return [...byOrigin.keys()].toSorted().map((origin) => {
    const asked = byOrigin.get(origin) ?? [];
    const verdict = verdictOf(origin, asked);
    const count =
      asked.length === 1 ? "1 operation calls it" : `${String(asked.length)} operations call it`;
    const why = verdict.because === "" ? count : `${verdict.because}; ${count}`;
    return { id: originId(origin), origin, class: verdict.class, why };
  });
}

/** A token endpoint under a name that only an origin of class `auth` gives a meaning. */
const plainEndpoint = /^\/(?:token|revoke|logout)\/?$/;

/**
 * Ids of the writes by which an app signs its users in, which no person can approve: those of an origin of class `auth`, and
 * those of a known provider that serves data too. An account made, changed or removed there is none of them.
 */
export function signInWrites(
  operations: readonly Operation[],
  origins: readonly Origin[],
): string[] {
  const auth = new Set(origins.filter((one) => one.class === "auth").map(({ origin }) => origin));
  return operations.flatMap((operation) => {
    if (operation.access !== "write" || !("origin" in operation)) return [];
    const { origin, path } = operation;
    const isKnown = auth.has(origin)
      ? isSignIn(operation) || plainEndpoint.test(path)
      : providerOf(origin)?.signIn.test(path) === true;
    return isKnown ? [operation.id] : [];
  });
}
