// Makes the folders of a new recognizer from a template and enters it in the registry: npm run new recognizer NAME
import { cpSync, existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeRegistry } from "./recognizer-registry.mjs";

process.chdir(new URL("..", import.meta.url).pathname);

const [kind, name = ""] = process.argv.slice(2);

function refuse(reason) {
  console.error(`${reason}\nusage: npm run new recognizer NAME`);
  process.exit(2);
}

/** kebab-case to camelCase. */
function camel(text) {
  return text.replaceAll(/-+(\w)/g, (_all, letter) => letter.toUpperCase());
}

/** Puts the name into every file and file name of a copied template. */
function fill(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const from = join(folder, entry.name);
    const to = join(folder, entry.name.replace("NAME", name).replace(/\.template$/, ""));
    if (from !== to) renameSync(from, to);
    if (entry.isDirectory()) fill(to);
    else {
      const text = readFileSync(to, "utf8");
      writeFileSync(to, text.replaceAll("NAME", name).replaceAll("CAMEL", camel(name)));
    }
  }
}

if (kind !== "recognizer") refuse(`there is no template for "${kind ?? ""}"`);
if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name)) refuse(`"${name}" is no kebab-case name`);
const folders = {
  source: join("src/bundle/recognizers", name),
  fixtures: join("fixtures/recognizers", name),
};
for (const folder of Object.values(folders)) {
  if (existsSync(folder)) refuse(`${folder} exists already`);
}
for (const [part, folder] of Object.entries(folders)) {
  cpSync(join("scripts/templates/recognizer", part), folder, { recursive: true });
  fill(folder);
}
writeRegistry();
console.log(`made ${folders.source}, ${folders.fixtures} and its line in the registry
next: write the recognizer and its five cases, then UPDATE=1 npx vitest run test/bundle/recognizers`);
