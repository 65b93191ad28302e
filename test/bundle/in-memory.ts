import type { Bundle, BundleFile, FileKind } from "../../src/bundle/files/bundle.ts";
import { scriptType } from "../../src/bundle/files/script-type.ts";

function kindOf(path: string): FileKind {
  if (path.endsWith(".map")) return "map";
  if (path.endsWith(".css")) return "style";
  return path.endsWith(".html") ? "html" : "script";
}

/** A bundle of some texts, without touching the disk; html is not searched for scripts. */
export function bundleOf(texts: Readonly<Record<string, string>>): Bundle {
  const files = new Map(
    Object.entries(texts).map(([path, text]): [string, BundleFile] => [
      path,
      { path, kind: kindOf(path), bytes: Buffer.from(text) },
    ]),
  );
  const scripts = Object.entries(texts)
    .filter(([path]) => kindOf(path) === "script")
    .map(([file, code]) => ({
      file,
      offset: 0,
      code,
      type: scriptType(code, { path: file, referenced: undefined }),
    }));
  return { root: "/bundle", files, scripts, digest: "0".repeat(64), bytes: 0 };
}
