/** `@babel/traverse`, loaded when it is first needed: it takes as long to load as a small bundle to parse. */
import type traverseModule from "@babel/traverse";
import { createRequire } from "node:module";

type Traverse = typeof traverseModule.default;

const require = createRequire(import.meta.url);
let loaded: Traverse | undefined;

/** The traversal of @babel/traverse. */
export function traverse(...given: Parameters<Traverse>): void {
  loaded ??= (require("@babel/traverse") as { default: Traverse }).default;
  loaded(...given);
}
