/** Frames that scripts fill with a page of another origin: what runs in them has the network of its own page. */
import type { Evaluator } from "../evaluate/evaluator.ts";
import { asText } from "../evaluate/texts.ts";
import type { Program } from "../modules/program.ts";
import type { Node } from "../modules/syntax.ts";
import { originOf } from "../files/external-assets.ts";
import { setAttributes } from "./page-elements.ts";

const kinds: readonly (readonly [tag: string, attribute: string, kind: string])[] = [
  ["iframe", "src", "frame"],
  ["embed", "src", "object"],
  ["object", "data", "object"],
];

export interface ExternalFrame {
  readonly origin: string;
  readonly kind: string;
  readonly at: Node;
}

/** What an address begins with, as far as the place itself tells. */
function beginnings(evaluator: Evaluator, value: Node): string[] {
  evaluator.budget = 5000;
  return evaluator.evaluate(value, evaluator.bareRoot).flatMap((one) => {
    const [first] = asText(one).parts;
    return first?.kind === "text" ? [first.text] : [];
  });
}

/** Every frame whose address is seen to be on another origin. */
export function externalFrames(program: Program, evaluator: Evaluator): ExternalFrame[] {
  return kinds.flatMap(([tag, attribute, kind]) =>
    setAttributes(program, attribute)
      .filter((set) => set.tag === tag)
      .flatMap(({ at, value }) =>
        beginnings(evaluator, value).flatMap((text): ExternalFrame[] => {
          const origin = originOf(text);
          return origin === undefined ? [] : [{ origin, kind, at }];
        }),
      ),
  );
}
