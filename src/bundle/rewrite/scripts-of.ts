/** The scripts in an emitted file, told by its name alone: verification does not trust what import thought it was. */
import type { Script } from "../files/bundle.ts";
import { htmlScripts } from "../files/html-scripts.ts";

export interface EmittedScript {
  /** The whole file's text. */
  readonly text: string;
  readonly code: string;
  readonly offset: number;
  readonly type: Script["type"];
}

/** The scripts of one emitted file; none for a file that is neither script nor page. */
export function scriptsOf(path: string, bytes: Uint8Array): EmittedScript[] {
  const text = (): string => Buffer.from(bytes).toString("utf8");
  if (/\.[cm]?js$/i.test(path)) {
    return [{ text: text(), code: text(), offset: 0, type: "unknown" }];
  }
  if (!/\.html?$/i.test(path)) return [];
  return htmlScripts(path, text()).inline.map((script) => ({ ...script, text: text() }));
}
