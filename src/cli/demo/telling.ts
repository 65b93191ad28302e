/** How the story is told: numbered steps, each with its command, what it printed, and what was expected of it. */
import { stripVTControlCharacters } from "node:util";
import { GovernError } from "../../errors/govern-error.ts";
import type { Output } from "../output.ts";
import { hangingParagraph } from "../text.ts";

export interface Telling {
  /** Begins a step. */
  step(title: string): void;
  /** The command of the step, as a person types it. */
  command(text: string): void;
  /** What it printed: all of it, or the last lines. */
  printed(text: string, last?: number): void;
  /** Something that came out as told. */
  fact(text: string): void;
}

const indent = "   ";

/** Tells on an output. */
export function createTelling(output: Output): Telling {
  const { paint, width } = output.look;
  let steps = 0;
  return {
    step(title) {
      steps += 1;
      output.print(`\n${paint.cyan.bold(String(steps).padStart(2))} ${paint.bold(title)}`);
    },
    command(text) {
      output.print(`${indent}${paint.dim(`$ ${hangingParagraph(text, width, 5)}`)}`);
    },
    printed(text, last = Number.POSITIVE_INFINITY) {
      const lines = text.trimEnd().split("\n");
      const shown = lines.slice(Math.max(0, lines.length - last));
      const bar = `${indent}${paint.dim("│")} `;
      const hidden = lines.length - shown.length;
      if (hidden > 0) output.print(`${bar}${paint.dim(`… ${hidden} lines`)}`);
      for (const line of shown) output.print(`${bar}${line}`);
    },
    fact(text) {
      output.print(`${indent}${paint.green("✓")} ${hangingParagraph(text, width, 5)}`);
    },
  };
}

/** Ends the story with what was expected and what came, unless they are the same. */
export function expectSame(what: string, expected: unknown, came: unknown, printed = ""): void {
  const [want, got] = [JSON.stringify(expected), JSON.stringify(came)];
  if (want === got) return;
  const trace =
    printed === "" ? "" : `\nIt printed:\n${stripVTControlCharacters(printed).trimEnd()}`;
  throw new GovernError("demo-failed", `${what}: expected ${want}, came ${got}.${trace}`, {
    next: "Run `govern demo --keep` to keep the workspace and look at it.",
  });
}
