/**
 * A Vite plugin: `govern check` of what `vite build` wrote. The build fails where the check would exit with 1 or 2.
 *
 * @example
 * // vite.config.mjs
 * import { governCheck } from "govern/vite";
 * export default { build: { sourcemap: true }, plugins: [governCheck()] };
 */
import { resolve } from "node:path";
import { checkBundle } from "../ci/check.ts";
import { isGovernError } from "../errors/govern-error.ts";
import { pipedLook } from "./output.ts";
import { renderCheck } from "./report-view.ts";

export interface GovernCheckOptions {
  /** Name of the app; else that of package.json. */
  readonly app?: string;
  /** File of known findings, relative to Vite's root. */
  readonly baseline?: string;
  /** A git ref: fail only on what the app may do more than there. */
  readonly against?: string;
}

/** What of Vite's resolved configuration counts. */
interface ViteConfig {
  readonly root: string;
  readonly build: { readonly outDir: string; readonly ssr: boolean | string };
}

/** What a hook of Rollup and Rolldown is called on. */
interface HookContext {
  error(message: string): never;
  info(message: string): void;
}

/** The part of Vite's `Plugin` that this one is. */
interface CheckPlugin {
  readonly name: string;
  readonly apply: "build";
  readonly enforce: "post";
  configResolved(config: ViteConfig): void;
  buildEnd(error?: Error): void;
  readonly closeBundle: {
    readonly order: "post";
    readonly sequential: true;
    handler(this: HookContext): Promise<void>;
  };
}

async function checkOutput(
  context: HookContext,
  { root, build }: ViteConfig,
  { app, baseline, against }: GovernCheckOptions,
): Promise<void> {
  const report = await checkBundle({
    path: build.outDir,
    cwd: root,
    app,
    baseline: baseline === undefined ? undefined : resolve(root, baseline),
    against,
    today: new Date(),
  }).catch((error: unknown) => {
    if (!isGovernError(error)) throw error;
    return context.error(`govern [${error.code}]: ${error.message}\n${error.next ?? ""}`);
  });
  const text = `govern check\n\n${renderCheck(report, pipedLook)}`;
  if (report.passed) context.info(text);
  else context.error(text);
}

/** Checks what a build for the browser wrote, after everything is written. A build for a server is left alone. */
export function governCheck(options: GovernCheckOptions = {}): CheckPlugin {
  let config: ViteConfig | undefined;
  let failed = false;
  return {
    name: "govern-check",
    apply: "build",
    enforce: "post",
    configResolved(resolved) {
      config = resolved;
    },
    buildEnd(error) {
      failed = error !== undefined;
    },
    closeBundle: {
      order: "post",
      sequential: true,
      async handler() {
        if (config === undefined || failed || config.build.ssr !== false) return;
        await checkOutput(this, config, options);
      },
    },
  };
}
