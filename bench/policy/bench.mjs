// Deciding a call: the compiled policy against the reference evaluator of the property test, which asks every rule.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { compare } from "../report.mjs";

const rules = 1000;
const operations = 10_000;
const apps = 10;
const groups = 50;
const goal = 20;

/** Numbers that are the same in every run. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function operationOf(index) {
  const id = `op-${index % 97}-${index.toString(16).padStart(6, "0")}`;
  const access = index % 3 === 0 ? "write" : "read";
  const common = { id, access, why: "bench" };
  if (index % 2 === 0) {
    return {
      ...common,
      kind: "sql",
      dialect: "postgres",
      statement: id,
      tables: [`t${index % 40}`],
      parameters: ["id"],
      client: "pg",
    };
  }
  return {
    ...common,
    kind: "http",
    method: access === "write" ? "POST" : "GET",
    origin: "https://api.example",
    path: `/api/${index}`,
    query: { fields: {}, open: false },
    headers: [],
    body: { type: "json", fields: { amount: "number" }, open: true },
  };
}

/** Rules as workspaces have them: most name an operation, the others an access, a glob, a kind, a table. */
function permissionOf(index, pick, all) {
  const app = `app-${pick(apps)}`;
  const names = all.get(app);
  const one = () => `${app}/${names[pick(names.length)].id}`;
  const kinds = [
    () => [one(), one(), one()],
    () => [one()],
    () => [`${app}/${pick(2) === 0 ? "read" : "write"}`],
    () => [`${app}/op-${pick(97)}-*`],
    () => [`${app}/table:t${pick(40)}+read`, one()],
    () => [`*/kind:sql+table:t${pick(40)}`],
  ];
  const targets = kinds[index % 4 === 0 ? 2 + pick(4) : pick(2)]();
  const effect = index % 9 === 0 ? "deny" : "allow";
  const plain = targets.every((target) => !target.includes("/op-"));
  const whens = ["identity.subject != 'x'", "time.getHours('UTC') < 23"];
  return {
    groups: [`g${pick(groups)}`, `g${pick(groups)}`],
    [effect]: targets,
    ...(index % 5 === 0 && plain ? { when: whens[pick(2)] } : {}),
  };
}

function workspaceOf(pick) {
  const all = new Map();
  for (let index = 0; index < operations; index += 1) {
    const app = `app-${index % apps}`;
    all.set(app, [...(all.get(app) ?? []), operationOf(index)]);
  }
  const names = Array.from({ length: groups }, (_, index) => [`g${index}`, { members: ["ana"] }]);
  const held = { approvers: { any: ["g0"] }, quorum: 1, expiresIn: "1h" };
  const approvals = Array.from({ length: 100 }, (_, index) => ({
    match:
      index === 0 ? { access: "write" } : { table: `t${index % 40}`, app: `app-${pick(apps)}` },
    ...held,
  }));
  const workspace = {
    version: 1,
    groups: Object.fromEntries(names),
    apps: Object.fromEntries([...all.keys()].map((app) => [app, { resources: {} }])),
    permissions: Array.from({ length: rules }, (_, index) => permissionOf(index, pick, all)),
    approvals,
  };
  return { workspace, all };
}

function callsOf(all, pick, count) {
  return Array.from({ length: count }, () => {
    const app = `app-${pick(apps)}`;
    const list = all.get(app);
    const operation = list[pick(list.length)];
    const args =
      operation.kind === "sql"
        ? { values: { id: "1" } }
        : { path: {}, query: {}, headers: {}, body: { amount: pick(1000) } };
    const held = Array.from({ length: 5 }, () => `g${pick(groups)}`);
    const identity = { subject: "sam", issuer: "bench", groups: held };
    return { app, operation, arguments: args, identity, time: new Date(1_772_452_800_000) };
  });
}

/** Microseconds of each call. */
function timesOf(decide, calls) {
  return calls.map((call) => {
    const started = performance.now();
    decide(call);
    return (performance.now() - started) * 1000;
  });
}

const middle = (times) => times.toSorted((a, b) => a - b)[times.length >> 1];

async function loadReference(folder) {
  const outfile = join(folder, "reference.mjs");
  await build({
    entryPoints: ["test/policy/reference.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
  });
  return (await import(outfile)).createReference;
}

export const bench = {
  about: `deciding a call, p50, ${rules} rules × ${operations} operations, against asking every rule`,
  async run({ runs = 5, progress }) {
    const folder = mkdtempSync(join(tmpdir(), "govern-bench-"));
    const createReference = await loadReference(folder);
    rmSync(folder, { recursive: true });
    const { compilePolicy } = await import("../../dist/policy/policy.js");
    const pick = numbers(7);
    const { workspace, all } = workspaceOf(pick);
    const reference = createReference(workspace, all);
    const samples = { ours: [], peer: [] };
    for (let run = 0; run < runs; run += 1) {
      progress(`run ${run + 1} of ${runs}`);
      const policy = compilePolicy(workspace, all);
      const decide = (call) => [policy.authorize(call), policy.gate(call), policy.limits(call)];
      const calls = callsOf(all, pick, 20_000);
      samples.ours.push(middle(timesOf(decide, calls)));
      samples.peer.push(middle(timesOf(reference, calls.slice(0, 200))));
    }
    const what = `permission, gate and limits of a call (goal < ${goal} µs)`;
    const row = compare({ what, unit: "µs", atMost: 1, ...samples });
    return [{ ...row, goal, met: row.met && row.ours.median < goal }];
  },
};
