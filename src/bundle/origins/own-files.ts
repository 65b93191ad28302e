/** Requests for files of the bundle itself: the sidecar serves those, so that they are no operations. */
import type { UnnamedOperation } from "../../contract/operation-id.ts";
import type { Bundle } from "../files/bundle.ts";
import type { SiteDraft } from "../recognizers/recognizer.ts";

/** A template whose last segment is a file's name: a hole may stand for a part of it, `{language}.json`. */
const namesFile = /\.[A-Za-z0-9]+$/;

function patternOf(path: string): RegExp {
  const source = path
    .split(/(\{[^{}]*\})/)
    .map((part) =>
      part.startsWith("{") ? "[^/]+" : part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`),
    )
    .join("");
  return new RegExp(`^${source}$`);
}

/** Knows the paths under which a bundle's files are served. */
class OwnFiles {
  private readonly paths: readonly string[];

  constructor(bundle: Bundle) {
    this.paths = [...bundle.files.values()]
      .filter(({ kind }) => kind !== "map")
      .map(({ path }) => `/${path}`);
  }

  has(operation: UnnamedOperation): boolean {
    if (operation.kind !== "http" || operation.origin !== "same-origin") return false;
    const { method, path } = operation;
    if ((method !== "GET" && method !== "HEAD") || !namesFile.test(path)) return false;
    if (!path.includes("{")) return this.paths.includes(path);
    const pattern = patternOf(path);
    return !path.includes("*}") && this.paths.some((one) => pattern.test(one));
  }
}

function reasonFor(operations: readonly UnnamedOperation[]): string {
  const paths = [...new Set(operations.flatMap((one) => ("path" in one ? [one.path] : [])))];
  const [first = ""] = paths;
  return paths.length === 1
    ? `${first} is a file of the bundle, which the sidecar serves`
    : `${first} and ${String(paths.length - 1)} more are files of the bundle, which the sidecar serves`;
}

/**
 * Sites without their requests for files of the bundle; one that asks for nothing else is excluded, with that reason. What a
 * hole may name beside a file that is there is not found at run time, and refused.
 */
export function withoutOwnFiles(drafts: readonly SiteDraft[], bundle: Bundle): SiteDraft[] {
  const files = new OwnFiles(bundle);
  return drafts.map((draft) => {
    const own = draft.operations.filter((one) => files.has(one));
    if (own.length === 0) return draft;
    const operations = draft.operations.filter((one) => !own.includes(one));
    const calls = (draft.calls ?? []).filter(({ operation }) => !files.has(operation));
    const rest = { ...draft, operations, calls };
    if (operations.length > 0 || draft.status !== "resolved") return rest;
    return { ...rest, status: "excluded", reason: reasonFor(own) };
  });
}
