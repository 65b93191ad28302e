// The registry of recognizers is written from their folders, so that adding one is adding a folder.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const folder = "src/bundle/recognizers";
const file = `${folder}/registry.ts`;

/** Recognizers of global functions, and of what is left, and of loads, which ask what others have found: after all others, which may exclude what they would find. */
const globals = [
  "fetch",
  "xhr",
  "beacon",
  "websocket",
  "eventsource",
  "unknown-client",
  "indirect",
  "forms",
  "loads",
];

/** The recognizer that a folder exports. */
function exportOf(name) {
  const text = readFileSync(`${folder}/${name}/${name}.ts`, "utf8");
  const found = /^export const (\w+Recognizer)\b/m.exec(text)?.[1];
  if (found === undefined) throw new Error(`${folder}/${name}/${name}.ts exports no recognizer`);
  return found;
}

/** The text of the registry as the folders have it. */
export function registryText() {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
  const ordered = [
    ...names.filter((name) => !globals.includes(name)),
    ...globals.filter((name) => names.includes(name)),
  ];
  const imports = names.map((name) => `import { ${exportOf(name)} } from "./${name}/${name}.ts";`);
  const types = `import type { Recognizer } from "./recognizer.ts";`;
  return `/** The recognizers, in the order in which they run: those of clients first, for their own sinks are then excluded. Generated. */
${[...imports, types].join("\n")}

export const recognizers: readonly Recognizer[] = [
${ordered.map((name) => `  ${exportOf(name)},`).join("\n")}
];
`;
}

export function writeRegistry() {
  writeFileSync(file, registryText());
}
