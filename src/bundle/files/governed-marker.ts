/** Tells a bundle that was imported already: importing it again would govern the boundary itself. */
import { access } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GovernError } from "../../errors/govern-error.ts";
import type { Script } from "./bundle.ts";

/** The banner of the proxy module, as it stands in every rewritten script. */
export const governedBanner = "/*! govern";

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function reasonOf(root: string, scripts: readonly Script[]): Promise<string | null> {
  const marked = scripts.find((script) => script.code.includes(governedBanner));
  if (marked !== undefined) return `${marked.file} holds the proxy module of govern`;
  const app = dirname(root);
  const emitted =
    basename(root) === "web" &&
    (await exists(join(app, "build.json"))) &&
    (await exists(join(app, "operations.json")));
  return emitted ? `it is the web folder beside ${join(app, "build.json")}` : null;
}

/** Refuses a bundle that govern wrote. @throws GovernError `bundle-governed`. */
export async function refuseGoverned(root: string, scripts: readonly Script[]): Promise<void> {
  const reason = await reasonOf(root, scripts);
  if (reason === null) return;
  throw new GovernError("bundle-governed", `This bundle is governed already: ${reason}.`, {
    next: "Give the folder that your build wrote; govern check takes governed/apps/<app> to verify a governed app.",
  });
}
