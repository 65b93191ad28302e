/** Where findings stand for a tool that reads a repository: paths from its root, lines and columns from 1. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { Location } from "./check-report.ts";
import type { JudgedFinding } from "./judge/judge.ts";
import type { Home } from "./judge/judged.ts";

export interface Places {
  /** Absolute: the root of the repository. */
  readonly repository: string;
  /** Absolute: what the files of findings are relative to. */
  readonly bundle: string;
  readonly homes: Readonly<Record<Home, string>>;
}

/** The nearest folder upwards that git knows as a root; without one, the folder itself. */
export function repositoryRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (folder === dirname(folder)) return from;
  }
}

/** The folder of a bundle that may be one script. */
export function bundleFolder(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? dirname(path) : path;
}

function realOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

/** A path from the repository; null for what lies outside. */
function within(repository: string, path: string): string | null {
  const found = relative(realOf(repository), realOf(path)).split(sep).join("/");
  return found === "" || found.startsWith("../") || found === ".." || found.startsWith("/")
    ? null
    : found;
}

export class Locator {
  private readonly places: Places;
  private readonly sources = new Map<string, string>();

  constructor(places: Places) {
    this.places = places;
  }

  /** The place of a finding, and that in the bundle if the first is in a source. */
  locate(finding: JudgedFinding): { location: Location; bundleLocation?: Location } {
    const { file, line, column, source, home } = finding;
    if (home !== undefined) {
      const uri = within(this.places.repository, this.places.homes[home]) ?? file;
      return { location: { uri, line, column: column + 1 } };
    }
    const path = join(this.places.bundle, file);
    const uri = within(this.places.repository, path) ?? file;
    const bundled = { uri, line, column: column + 1 };
    if (source === undefined) return { location: bundled };
    const location = {
      uri: this.sourceUri(source.file),
      line: source.line,
      column: source.column + 1,
    };
    return { location, bundleLocation: bundled };
  }

  /** A source map tells paths from the app's folder: the one above the bundle that has the file. */
  private sourceUri(file: string): string {
    const known = this.sources.get(file);
    if (known !== undefined) return known;
    const uri = this.findSource(file);
    this.sources.set(file, uri);
    return uri;
  }

  private findSource(file: string): string {
    const { repository, bundle } = this.places;
    const nearest = dirname(bundle);
    for (let folder = nearest; ; folder = dirname(folder)) {
      const uri = within(repository, join(folder, file));
      if (uri !== null && existsSync(join(folder, file))) return uri;
      if (folder === repository || folder === dirname(folder)) break;
    }
    return within(repository, join(nearest, file)) ?? file;
  }
}
