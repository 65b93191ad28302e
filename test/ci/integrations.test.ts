/** The examples of docs/ci, run as their runners would: the very lines of the files, in a repository of an app. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Run } from "../cli/run-govern.ts";
import { makeSampleRepo, reads, write, type SampleRepo } from "./sample-repo.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const root = resolve(import.meta.dirname, "../..");
const example = (name: string): string => join(root, "docs/ci", name);
const yamlOf = (path: string): unknown => parse(readFileSync(path, "utf8"));

const reviewed = reads + write("/api/tickets/close");
const widened = reviewed + write("/api/tickets/refund");

let repo: SampleRepo;
beforeAll(async () => {
  repo = makeSampleRepo();
  await repo.review();
});
afterAll(() => repo.remove());
beforeEach(() => repo.write("src/app.js", reviewed));

const read = (path: string): string => readFileSync(join(repo.folder, path), "utf8");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}
interface Action {
  readonly inputs: Readonly<
    Record<string, { readonly default?: string; readonly required?: boolean }>
  >;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

/** Runs the steps of the action with some inputs, each as GitHub does. */
async function runAction(given: Readonly<Record<string, string>>): Promise<Run> {
  const { inputs, runs } = yamlOf(join(root, "action.yml")) as Action;
  expect(runs.using).toBe("composite");
  const valueOf = (name: string): string => given[name] ?? inputs[name]?.default ?? "";
  let last: Run = { code: 0, stdout: "", stderr: "" };
  for (const { run = "", shell, env = {} } of runs.steps) {
    expect(shell).toBe("bash");
    // Inputs reach the script as variables: no text of theirs is ever part of it.
    expect(run).not.toContain("${{");
    const filled = Object.entries(env).map(([name, text]) => [
      name,
      text.replaceAll(/\$\{\{ inputs\.(\w+) \}\}/g, (_all, input: string) => valueOf(input)),
    ]);
    const summary = { GITHUB_STEP_SUMMARY: join(repo.folder, "summary.md") };
    last = await repo.shell(run, { ...(Object.fromEntries(filled) as object), ...summary });
    if (last.code !== 0) return last;
  }
  return last;
}

/** Runs the lines of a job, but for the installation of packages, which the repository has. */
async function runLines(lines: readonly string[], env = {}): Promise<Run> {
  let last: Run = { code: 0, stdout: "", stderr: "" };
  for (const line of lines.filter((one) => one !== "npm ci")) {
    last = await repo.shell(line, env);
    if (last.code !== 0) return last;
  }
  return last;
}

describe("GitHub", () => {
  const workflow = yamlOf(example("github.yml")) as { jobs: { check: { steps: Step[] } } };
  const { steps } = workflow.jobs.check;

  async function runWorkflow(env: Readonly<Record<string, string>>): Promise<Run[]> {
    const runs: Run[] = [];
    for (const step of steps) {
      if (step.uses === "./node_modules/govern") runs.push(await runAction(step.with ?? {}));
      else if (step.run !== undefined) runs.push(await runLines([step.run], env));
    }
    return runs;
  }

  it("passes what was reviewed, and says in a pull request what is wider", async () => {
    writeFileSync(join(repo.folder, "summary.md"), "");
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD");
    const env = { GITHUB_BASE_REF: "main", GITHUB_STEP_SUMMARY: join(repo.folder, "summary.md") };
    expect((await runWorkflow(env)).map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(read("summary.md")).toMatch(/govern check: desk ✅[^]*compared with `origin\/main`/);

    repo.write("src/app.js", widened);
    const runs = await runWorkflow(env);
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 1, 0]);
    const annotation =
      /^::error file=dist\/app\.js,line=5,.*title=ungated-write::POST \/api\/tickets\/refund changes data/m;
    expect(runs[2]?.stdout).toMatch(annotation);
    expect(read("summary.md")).toMatch(
      /\| ❌ \| \[widened-access\][^]*new write: POST \/api\/tickets\/refund/,
    );
    const sarif = JSON.parse(read("govern.sarif")) as { runs: { results: { ruleId: string }[] }[] };
    expect(sarif.runs[0]?.results.map(({ ruleId }) => ruleId)).toEqual(["ungated-write"]);
  });

  it("takes inputs as they are, and fails without a report when it cannot check", async () => {
    await repo.shell("npm run --silent build");
    const hostile = { bundle: "dist", sarif: `a"; touch pwned; ".sarif` };
    expect(await runAction(hostile)).toMatchObject({ code: 0 });
    expect(existsSync(join(repo.folder, "pwned"))).toBe(false);
    expect(existsSync(join(repo.folder, hostile.sarif))).toBe(true);
    const missing = await runAction({ bundle: "nowhere", sarif: hostile.sarif });
    expect(missing).toMatchObject({ code: 2, stdout: "" });
    expect(existsSync(join(repo.folder, hostile.sarif))).toBe(false);
    expect(await runAction({ bundle: "dist", baseline: "none.json" })).toMatchObject({ code: 2 });
    expect(await runAction({ bundle: "dist", against: "HEAD", app: "desk" })).toMatchObject({
      code: 0,
    });
  });
});

describe("GitLab", () => {
  it("passes and fails the job, with both reports where the artifacts are taken from", async () => {
    const { govern: job } = yamlOf(example("gitlab.yml")) as {
      govern: {
        script: string[];
        variables: Record<string, string>;
        artifacts: { reports: { codequality: string; junit: string } };
      };
    };
    const { codequality, junit } = job.artifacts.reports;
    expect(await runLines(job.script, job.variables)).toMatchObject({ code: 0 });
    expect(read(junit)).toMatch(/failures="0"/);

    repo.write("src/app.js", widened);
    const { code, stdout } = await runLines(job.script, job.variables);
    expect(code).toBe(1);
    expect(stdout).toContain("✗ failed with 1 error");
    const issues = JSON.parse(read(codequality)) as { check_name: string; location: object }[];
    expect(issues[0]).toMatchObject({
      check_name: "ungated-write",
      location: { path: "dist/app.js", lines: { begin: 5 } },
    });
    expect(read(junit)).toMatch(/<failure type="ungated-write"/);
  });
});

describe("the pre-commit hook", () => {
  it("lets what was reviewed be committed, and refuses a new write", async () => {
    const hook = join(repo.folder, ".git/hooks/pre-commit");
    mkdirSync(join(hook, ".."), { recursive: true });
    copyFileSync(example("pre-commit"), hook);
    chmodSync(hook, 0o755);
    const commit = "git -c user.name=sam -c user.email=sam@acme.example commit -q -a -m work";
    const head = repo.git("rev-parse", "HEAD");

    repo.write("src/app.js", widened);
    const refused = await repo.shell(commit);
    expect(refused.code).toBe(1);
    expect(refused.stdout + refused.stderr).toContain("error[ungated-write]");
    expect(repo.git("rev-parse", "HEAD")).toBe(head);

    repo.write("src/app.js", `${reviewed}document.title += "!";\n`);
    expect(await repo.shell(commit)).toMatchObject({ code: 0 });
    expect(repo.git("rev-parse", "HEAD")).not.toBe(head);
  });
});

describe("the post-build line", () => {
  it("fails npm run build", async () => {
    const own = read("package.json");
    const { scripts } = JSON.parse(readFileSync(example("package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    repo.write("package.json", JSON.stringify({ name: "desk", scripts }));
    expect(await repo.shell("npm run build")).toMatchObject({ code: 0 });
    repo.write("src/app.js", widened);
    const failed = await repo.shell("npm run build");
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain("error[ungated-write]");
    repo.write("package.json", own);
  });
});

describe("the Vite plugin", () => {
  it("fails vite build on a new write, at its line in the source", async () => {
    copyFileSync(example("vite.config.mjs"), join(repo.folder, "src/vite.config.mjs"));
    const build = `node ${JSON.stringify(join(root, "node_modules/vite/bin/vite.js"))} build src --outDir ../dist --emptyOutDir`;
    const passed = await repo.shell(build);
    expect(passed, passed.stderr).toMatchObject({ code: 0 });
    expect(passed.stdout + passed.stderr).toContain("✓ passed");

    repo.write("src/app.js", widened);
    const failed = await repo.shell(build);
    expect(failed.code).toBe(1);
    expect(failed.stdout + failed.stderr).toMatch(/error\[ungated-write\] \S*app\.js:5:/);
  });

  it("says why it cannot check", async () => {
    repo.write("src/app.js", reviewed);
    const config = readFileSync(example("vite.config.mjs"), "utf8");
    repo.write(
      "src/vite.config.mjs",
      config.replace("governCheck()", `governCheck({ baseline: "none.json" })`),
    );
    const build = `node ${JSON.stringify(join(root, "node_modules/vite/bin/vite.js"))} build src --outDir ../dist --emptyOutDir`;
    const failed = await repo.shell(build);
    expect(failed.code).toBe(1);
    expect(failed.stdout + failed.stderr).toContain(
      "govern [baseline-invalid]: There is no baseline at",
    );
  });
});
