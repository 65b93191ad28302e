// The peer: each script of a list through Babel and dropped again: parsed, traversed with scopes, generated.
import { generate } from "@babel/generator";
import { parse } from "@babel/parser";
import traverse from "@babel/traverse";
import { readFileSync } from "node:fs";

const sourceTypes = { module: "module", classic: "script", unknown: "unambiguous" };

for (const { file, type } of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  const code = readFileSync(file, "utf8");
  const tree = parse(code, {
    sourceType: sourceTypes[type],
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
  });
  traverse.default(tree, { Program() {} });
  generate(tree, {}, code);
}
