/**
 * The layers of the architecture: arrows go down only. `docs/architecture.md` draws them; test/layers.test.ts plants a
 * breach and expects this file to name it.
 */
const room = (name) => `^src/${name}/`;

/** What each room may import, besides itself. */
const below = {
  errors: [],
  contract: ["errors"],
  statements: ["contract", "errors"],
  policy: ["contract", "errors"],
  bundle: ["statements", "policy", "contract", "errors"],
  sidecar: ["statements", "policy", "contract", "errors"],
  ci: ["bundle", "statements", "policy", "contract", "errors"],
  cli: ["ci", "bundle", "sidecar", "statements", "policy", "contract", "errors"],
};

const layers = Object.entries(below).map(([name, allowed]) => ({
  name: `layer-${name}`,
  comment: `src/${name} may import ${allowed.join(", ") || "nothing else of src"}`,
  severity: "error",
  from: { path: room(name) },
  to: { path: "^src/", pathNot: [name, ...allowed].map(room) },
}));

/** Siblings in these folders do not know each other. */
const siblings = [
  { name: "recognizers", folder: "src/bundle/recognizers", unit: "([^/]+)/" },
  { name: "connectors", folder: "src/sidecar/connectors", unit: "([^/]+)/" },
  { name: "processors", folder: "src/sidecar/processors", unit: "([^/]+)\\.ts" },
].map(({ name, folder, unit }) => ({
  name: `siblings-${name}`,
  comment: `${folder}: one does not import another`,
  severity: "error",
  from: { path: `^${folder}/${unit}` },
  to: { path: `^${folder}/${unit}`, pathNot: `^${folder}/$1` },
}));

module.exports = {
  forbidden: [
    ...layers,
    ...siblings,
    {
      name: "layer-browser",
      comment: "src/browser runs in a page: types of contract, and its pure files",
      severity: "error",
      from: { path: "^src/browser/" },
      to: {
        path: ".",
        pathNot: [
          "^src/browser/",
          "^src/contract/(sql-helper|statement-text|tagged-value|wire)\\.ts$",
          "node_modules/preact/",
        ],
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "inbox-library",
      comment: "preact stands in the approvals' page alone: in an app's chunks every byte counts",
      severity: "error",
      from: { path: "^src/browser/", pathNot: "^src/browser/inbox/" },
      to: { path: "node_modules/preact/" },
    },
    {
      name: "browser-types",
      comment: "src/browser may take types from contract alone",
      severity: "error",
      from: { path: "^src/browser/" },
      to: { path: "^src/", pathNot: ["^src/browser/", "^src/contract/"] },
    },
    {
      name: "page-files",
      comment: "the files of contract that run in a page import nothing but each other's types",
      severity: "error",
      from: { path: "^src/contract/(sql-helper|statement-text|tagged-value|wire)\\.ts$" },
      to: { path: ".", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-cycle",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types"],
    },
  },
};
