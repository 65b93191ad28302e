// Writes the files that are generated from sources and committed; --check tells whether they are in step instead.
// Needs a build: the schemas are read from dist/.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { registryText } from "./recognizer-registry.mjs";
import { makeSidecarLockfile, sidecarFaults } from "./sidecar-lockfile.mjs";

process.chdir(new URL("..", import.meta.url).pathname);
const checking = process.argv.includes("--check");
const stale = [];

function emit(path, text) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  if (checking) {
    stale.push(path);
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${path}`);
}

/** A published JSON Schema of one of the formats. */
function emitSchema(name, title, schema) {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  emit(
    `schemas/${name}.schema.json`,
    `${JSON.stringify({ $schema, $id: `govern/${name}.schema.json`, title, ...rest }, null, 2)}\n`,
  );
}

const { operationsFileSchema } = await import("../dist/contract/operation.js");
const { buildFileSchema, inspectReportSchema } = await import("../dist/contract/build.js");
const { workspaceSchema } = await import("../dist/contract/workspace.js");
const { policyCasesSchema } = await import("../dist/contract/policy-cases.js");
const { auditEntrySchema } = await import("../dist/contract/audit-entry.js");

emitSchema("operations", "operations.json: the reviewed contract of one app", operationsFileSchema);
emitSchema("build", "build.json: what one import saw", buildFileSchema);
emitSchema("inspect", "What govern inspect --json prints", inspectReportSchema);
emitSchema("workspace", "govern.yaml: the workspace", workspaceSchema);
emitSchema("policy-cases", "A file of cases for govern policy test", policyCasesSchema);
emitSchema("audit-entry", "One entry of the audit trail, version 1", auditEntrySchema);

emit("src/bundle/recognizers/registry.ts", registryText());

if (!checking && sidecarFaults().length > 0) makeSidecarLockfile();
stale.push(...sidecarFaults());

if (stale.length > 0) {
  console.error(
    `out of step with their sources: ${stale.join(", ")}\nrun: npm run build && npm run generate`,
  );
  process.exitCode = 1;
}
