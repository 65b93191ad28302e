/** Builds for a server, known by the files that their frameworks write. They have no page that could be governed. */
import { GovernError } from "../../errors/govern-error.ts";

interface Layout {
  readonly framework: string;
  /** A file that only such a build has, relative to the folder that is given or to one in it. */
  readonly mark: RegExp;
  /** What to do instead where no folder of the build is an app by itself. */
  readonly next: string;
}

const layouts: readonly Layout[] = [
  {
    framework: "Next.js",
    mark: /^(?:(?:\.next|standalone|standalone\/.next)\/)?(?:BUILD_ID|required-server-files\.json)$/,
    next: 'Build it as an export (output: "export" in next.config.js) and give the folder out.',
  },
  {
    framework: "Nuxt or Nitro",
    mark: /^(?:\.output\/)?(?:nitro\.json|server\/chunks\/nitro\/.+)$/,
    next: "Generate a static app (nuxi generate) and give the folder .output/public.",
  },
  {
    framework: "React Router or Remix",
    mark: /^(?:build\/)?server\/(?:index|server-build|nodejs_[\w-]+\/index)\.m?js$/,
    next: "Build it as a single-page app (ssr: false) and give the folder build/client.",
  },
  {
    framework: "a server renderer",
    mark: /^(?:[\w-]+\/)?server\/(?:[\w-]+\/)*(?:entry[.-]?server|main\.server|server)[\w.-]*\.[cm]?js$/,
    next: "Build it for the browser and give the folder of that build.",
  },
];

const page = /(?:^|\/)index\.html?$/i;

/** The folder of a page beside the server's code, which is an app by itself. */
export function clientFolder(
  paths: readonly string[],
  isServer: (path: string) => boolean,
): string | null {
  const folders = paths
    .filter((path) => page.test(path) && !isServer(path))
    .map((path) => path.split("/").slice(0, -1).join("/"))
    .toSorted((a, b) => a.length - b.length);
  return folders[0] ?? null;
}

/**
 * Refuses a folder that a framework wrote for a server.
 * @param paths of its files, relative to it
 * @throws GovernError `bundle-server`, naming the file by which it is known and the folder to give instead.
 */
export function refuseServerLayout(root: string, paths: readonly string[]): void {
  for (const { framework, mark, next } of layouts) {
    const known = paths.find((path) => mark.test(path));
    if (known === undefined) continue;
    const client = clientFolder(paths, (path) => /(?:^|\/)(?:server|standalone)\//.test(path));
    const isBeside = client === "" || client === null;
    throw new GovernError(
      "bundle-server",
      `${root} is a build of ${framework} for a server: it holds ${known}.`,
      { next: isBeside ? next : `Give the folder of its pages: ${root}/${client}.` },
    );
  }
}
