/** The desk app behind a sidecar whose people sign in at a real provider. */
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import {
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "../sidecar/desk-workspace.ts";
import {
  clientId,
  clientSecret,
  freePort,
  startIdentityProvider,
  type IdentityProvider,
  type ProviderSettings,
} from "./identity-provider.ts";

export const storeWriter = new URL(
  "../../dist/sidecar/store/sqlite/writer-thread.js",
  import.meta.url,
);

export interface GovernedDesk {
  readonly provider: IdentityProvider;
  readonly upstream: Upstream;
  readonly desk: DeskWorkspace;
  readonly appUrl: string;
  readonly operatorUrl: string;
  readonly ports: { readonly app: number; readonly operator: number };
  /** Milliseconds that the sidecar's clock is ahead. */
  ahead: number;
  readonly log: string[];
  sidecar: RunningSidecar;
  /** Ends the sidecar and starts it again on the same workspace. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface DeskSettings {
  readonly provider?: Partial<ProviderSettings>;
  /** Default: govern.localhost, which not every program can look up. */
  readonly operatorHost?: string;
  /** More lines of `identity`, beside `oidc`, and of `identity.oidc`. */
  readonly identity?: string;
  readonly oidc?: string;
  readonly change?: (yaml: string, urls: { readonly provider: string }) => string;
}

export async function startGovernedDesk(settings: DeskSettings = {}): Promise<GovernedDesk> {
  const ports = { app: await freePort(), operator: await freePort() };
  const appUrl = `http://desk.localhost:${ports.app}`;
  const operatorUrl = `http://${settings.operatorHost ?? "govern.localhost"}:${ports.operator}`;
  const origins = [appUrl, operatorUrl];
  const provider = await startIdentityProvider({
    redirectUris: origins.map((origin) => `${origin}/_govern/callback`),
    postLogoutUris: origins.map((origin) => `${origin}/_govern/signed-out`),
    ...settings.provider,
  });
  provider.people.set("sam", ["support"]).set("ana", ["support", "support-leads"]).set("kim", []);
  const upstream = await startUpstream();
  const desk = writeDesk(upstream.port, (yaml) => {
    const governed = yaml
      .replace(
        /^identity:\n.*\n/m,
        `server: { operatorUrl: "${operatorUrl}" }
identity:
  oidc: { issuer: "${provider.issuer}", clientId: ${clientId}, clientSecret: "\${env:OIDC_SECRET}", scopes: [groups]${settings.oidc ?? ""} }
${settings.identity ?? ""}
groups:
  dev: { claims: { groups: support } }
  leads: { claims: { groups: support-leads } }
`,
      )
      .replace("  desk:\n    resources:", `  desk:\n    url: ${appUrl}\n    resources:`);
    return settings.change?.(governed, { provider: provider.issuer }) ?? governed;
  });
  process.env["OIDC_SECRET"] = clientSecret;
  const log: string[] = [];
  const start = (): Promise<RunningSidecar> =>
    startSidecar({
      workspaceDir: desk.folder,
      host: "127.0.0.1",
      port: ports.app,
      operatorPort: ports.operator,
      dev: false,
      storeWriter,
      now: () => Date.now() + self.ahead,
      log: (line) => log.push(line),
    });
  const self: GovernedDesk = {
    provider,
    upstream,
    desk,
    appUrl,
    operatorUrl,
    ports,
    ahead: 0,
    log,
    sidecar: undefined as never,
    async restart() {
      await self.sidecar.close();
      self.sidecar = await start();
    },
    async stop() {
      await self.sidecar?.close();
      await provider.stop();
      await upstream.stop();
      desk.remove();
    },
  };
  self.sidecar = await start();
  return self;
}
