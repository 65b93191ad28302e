/** Which app a `host` header selects, and the origin that browsers call it by. Anything else is refused (DNS rebinding). */
import type { Workspace } from "../contract/workspace.ts";
import { GovernError } from "../errors/govern-error.ts";

export interface HostsOptions {
  readonly workspace: Workspace;
  readonly dev: boolean;
  /** Ports as the listeners got them. */
  readonly port: number;
  readonly operatorPort: number;
}

export interface Hosts {
  appOf(host: string): { readonly name: string; readonly origin: string } | undefined;
  operatorOriginOf(host: string): string | undefined;
  /** The address to give to people. */
  urlOf(app: string): string;
  readonly operatorUrl: string;
}

function appUrl(name: string, options: HostsOptions): string {
  if (options.dev) return `http://${name}.localhost:${options.port}`;
  const url = options.workspace.apps?.[name]?.url;
  if (url !== undefined) return new URL(url).origin;
  throw new GovernError("workspace-invalid", `apps.${name} has no url.`, {
    next: `Give apps.${name}.url in govern.yaml: the address under which people reach the app.`,
  });
}

function operatorUrlOf({ workspace, dev, operatorPort }: HostsOptions): string {
  if (dev) return `http://govern.localhost:${operatorPort}`;
  const url = workspace.server?.operatorUrl;
  if (url !== undefined) return new URL(url).origin;
  throw new GovernError("workspace-invalid", "server.operatorUrl is missing.", {
    next: "Give server.operatorUrl in govern.yaml: an origin of its own, not that of an app.",
  });
}

/** The host part of an origin as browsers send it. */
const hostOf = (origin: string): string => new URL(origin).host;

/** A host with the port that its scheme leaves out. */
function readHost(header: string): string | undefined {
  const host = header.toLowerCase();
  return /^[a-z0-9.:[\]-]{1,253}$/.test(host) ? host : undefined;
}

export function createHosts(options: HostsOptions): Hosts {
  const names = Object.keys(options.workspace.apps ?? {});
  const byHost = new Map<string, { name: string; origin: string }>();
  const urls = new Map<string, string>();
  for (const name of names) {
    const origin = appUrl(name, options);
    urls.set(name, origin);
    byHost.set(hostOf(origin), { name, origin });
  }
  const [only] = names;
  if (options.dev && names.length === 1 && only !== undefined) {
    const origin = `http://localhost:${options.port}`;
    byHost.set(hostOf(origin), { name: only, origin });
  }
  const operatorUrl = operatorUrlOf(options);
  const operatorHosts = new Map([[hostOf(operatorUrl), operatorUrl]]);
  if (options.dev) {
    const plain = `http://localhost:${options.operatorPort}`;
    operatorHosts.set(hostOf(plain), plain);
  }
  return {
    appOf: (header) => byHost.get(readHost(header) ?? ""),
    operatorOriginOf: (header) => operatorHosts.get(readHost(header) ?? ""),
    urlOf: (app) => urls.get(app) ?? "",
    operatorUrl,
  };
}
