/** What of `identity` no schema can tell: parts that need or exclude each other, addresses, keys. With their places. */
import type { ProxySettings, Workspace } from "../../contract/workspace.ts";
import {
  workspaceInvalid,
  type LocateWorkspace,
  type WorkspaceFault,
  type WorkspacePath,
} from "../../contract/workspace-fault.ts";
import { findReferences } from "../../contract/reference.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { readPublicKey } from "./issuer-keys.ts";
import { isLoopbackUrl } from "./provider.ts";
import { firstBadNetwork } from "../networks.ts";

type Fault = readonly [path: WorkspacePath, message: string];
type IdentityRules = NonNullable<Workspace["identity"]>;

const isSafe = (text: string): boolean => {
  const url = new URL(text);
  return url.protocol === "https:" || isLoopbackUrl(url);
};

function oidcFaults({ oidc, bearer }: IdentityRules): Fault[] {
  const faults: Fault[] = [];
  const at = ["identity", "oidc"];
  if (oidc !== undefined && !isSafe(oidc.issuer)) {
    faults.push([
      [...at, "issuer"],
      "the issuer has to be an https address; http is taken on this machine alone",
    ]);
  }
  if (oidc?.cliClientId !== undefined && bearer === undefined) {
    faults.push([
      [...at, "cliClientId"],
      "the command line signs in with a bearer token: add identity.bearer",
    ]);
  }
  if (bearer !== undefined && oidc === undefined) {
    faults.push([
      ["identity", "bearer"],
      "whose tokens? identity.bearer takes those of the issuer of identity.oidc",
    ]);
  }
  return faults;
}

function audienceFaults(workspace: Workspace): Fault[] {
  const { bearer, proxy } = workspace.identity ?? {};
  const apps = Object.keys(workspace.apps ?? {});
  const unknown = (part: "bearer" | "proxy", named: object | undefined): Fault[] =>
    Object.keys(named ?? {})
      .filter((app) => !apps.includes(app))
      .map((app) => [["identity", part, "audiences", "apps", app], `there is no app ${app}`]);
  return [
    ...unknown("bearer", bearer?.audiences?.apps),
    ...unknown("proxy", proxy?.audiences.apps),
    ...(proxy === undefined
      ? []
      : apps
          .filter((app) => !Object.hasOwn(proxy.audiences.apps ?? {}, app))
          .map((app): Fault => [
            ["identity", "proxy", "audiences"],
            `apps.${app} is missing: which audience does the proxy name for it?`,
          ])),
    ...(proxy !== undefined && proxy.audiences.operator === undefined
      ? [
          [
            ["identity", "proxy", "audiences"],
            "operator is missing: which audience does the proxy name for it?",
          ] as const,
        ]
      : []),
  ];
}

function proxyFaults(workspace: Workspace): Fault[] {
  const { oidc, proxy } = workspace.identity ?? {};
  const networks = workspace.server?.trustedProxies ?? [];
  const bad = firstBadNetwork(networks);
  const faults: Fault[] = [];
  if (bad !== undefined) {
    const message = `${networks[bad]} is neither an address nor a network, like 10.0.0.0/8`;
    faults.push([["server", "trustedProxies", bad], message]);
  }
  return proxy === undefined ? faults : [...faults, ...keyFaults(proxy), ...alone(oidc, networks)];
}

/** A proxy is believed alone, and by its address. */
function alone(oidc: IdentityRules["oidc"], networks: readonly string[]): Fault[] {
  const faults: Fault[] = [];
  const at = ["identity", "proxy"];
  if (oidc !== undefined) {
    const message =
      "identity.proxy and identity.oidc would know one person under two names: keep one of them";
    faults.push([at, message]);
  }
  if (networks.length === 0) {
    faults.push([at, "whom to believe? Name the proxy's addresses in server.trustedProxies"]);
  }
  return faults;
}

function keyFaults({ jwks, key }: ProxySettings): Fault[] {
  const faults: Fault[] = [];
  const at = ["identity", "proxy"];
  if (jwks !== undefined && !isSafe(jwks)) {
    faults.push([
      [...at, "jwks"],
      "the keys' address has to be https; http is taken on this machine alone",
    ]);
  }
  const isGiven = key !== undefined && findReferences(key).length === 0;
  if (isGiven && readPublicKey(key) === undefined) {
    faults.push([[...at, "key"], "is no public key: neither PEM nor a JWK as JSON"]);
  }
  return faults;
}

function throwFaults(faults: readonly Fault[], locate: LocateWorkspace): void {
  const [first, ...others] = faults.map(([path, message]): WorkspaceFault => ({
    place: locate(path),
    message,
  }));
  if (first !== undefined) throw workspaceInvalid(first, others);
}

/** Throws `workspace-invalid` for what cannot be meant, and `identity-missing` where nobody could sign in. */
export function checkIdentity(workspace: Workspace, locate: LocateWorkspace, dev: boolean): void {
  const identity = workspace.identity ?? {};
  throwFaults(
    [...oidcFaults(identity), ...audienceFaults(workspace), ...proxyFaults(workspace)],
    locate,
  );
  if (dev && Object.keys(identity.dev?.users ?? {}).length === 0) {
    throw new GovernError("identity-missing", "identity.dev names no users.", {
      next: "Add identity.dev.users to govern.yaml, e.g. users: { sam: [dev] }.",
    });
  }
  if (!dev && identity.oidc === undefined && identity.proxy === undefined) {
    throw new GovernError(
      "identity-missing",
      "There is neither identity.oidc, nor identity.proxy, nor --dev: nobody could sign in.",
      {
        next: "On your own machine run it with --dev; else configure identity.oidc (docs/identity.md).",
      },
    );
  }
}
