/** `@babel/traverse` is CommonJS: its default export arrives wrapped or not, by who loads it. */
import traverseModule from "@babel/traverse";

const either = traverseModule as unknown as
  | typeof traverseModule.default
  | { default: typeof traverseModule.default };

export const traverse = "default" in either ? either.default : either;
