/** A small app in a git repository of its own, with govern installed as a package: what a runner of a CI system finds. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { runGovern, type Run } from "../cli/run-govern.ts";

const root = resolve(import.meta.dirname, "../..");

export const reads = `export const list = () => fetch("/api/tickets").then((answer) => answer.json());
document.title = "desk";
list().then((tickets) => document.body.append(JSON.stringify(tickets)));
`;
export const write = (path: string): string =>
  `document.body.onclick = () => fetch("${path}", { method: "POST", body: JSON.stringify({ done: true }) });\n`;

export interface SampleRepo {
  readonly folder: string;
  write(path: string, text: string): void;
  git(...args: string[]): string;
  /** A command line as a runner gives it to its shell. */
  shell(line: string, env?: Readonly<Record<string, string>>): Promise<Run>;
  govern(...args: string[]): Promise<Run>;
  /** Imports the build and commits what people reviewed. */
  review(): Promise<void>;
  remove(): void;
}

function runShell(folder: string, line: string, env: NodeJS.ProcessEnv): Promise<Run> {
  // As GitHub's runner starts bash.
  const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", line], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
}

/** Makes the repository: `src/` is the app, `npm run build` copies it to `dist/`. Nothing is reviewed yet. */
export function makeSampleRepo(): SampleRepo {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "govern-repo-")));
  const { FORCE_COLOR: _force, NODE_ENV: _env, ...env } = process.env;
  const file = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const git = (...args: string[]): string => {
    const who = ["-c", "user.name=ana", "-c", "user.email=ana@acme.example"];
    return execFileSync("git", [...who, ...args], { cwd: folder, encoding: "utf8", stdio: "pipe" });
  };
  file("src/index.html", `<!doctype html><script type="module" src="./app.js"></script>\n`);
  file("src/app.js", reads + write("/api/tickets/close"));
  file(
    "build.mjs",
    `import { cpSync } from "node:fs";\ncpSync("src", "dist", { recursive: true });\n`,
  );
  file("package.json", JSON.stringify({ name: "desk", scripts: { build: "node build.mjs" } }));
  file(".gitignore", "node_modules\ndist\n.govern\n");
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules/govern"));
  symlinkSync(join(root, "node_modules/vite"), join(folder, "node_modules/vite"));
  symlinkSync("../govern/bin/govern.js", join(folder, "node_modules/.bin/govern"));
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-qm", "the app");
  const repo: SampleRepo = {
    folder,
    write: file,
    git,
    shell: (line, more = {}) => runShell(folder, line, { ...env, ...more }),
    govern: (...args) => runGovern(args, { cwd: folder }),
    async review() {
      await repo.shell("npm run --silent build");
      const upstream = "same-origin=http://127.0.0.1:1";
      const { code, stderr } = await repo.govern("import", "dist", "--yes", "--upstream", upstream);
      if (code !== 0) throw new Error(stderr);
      git("add", "-A");
      git("commit", "-qm", "reviewed operations");
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  return repo;
}
