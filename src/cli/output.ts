/**
 * Owns everything the command line prints: results on stdout, everything else on stderr. Decides once how a stream looks:
 * its width, whether a person reads it, whether it takes color. Renders nothing itself; the renderers take a `Look`.
 */
import { Chalk, supportsColor, supportsColorStderr, type ChalkInstance } from "chalk";

/** How a stream looks to the one who reads it. */
export interface Look {
  /**
   * A person reads it: a terminal, or FORCE_COLOR says so (its width is then COLUMNS). Else a pipe or a file, where
   * tables are plain and nothing is wrapped.
   */
  readonly terminal: boolean;
  /** In columns; infinite where nothing is wrapped. */
  readonly width: number;
  readonly paint: ChalkInstance;
}

export interface Output {
  /** A person is at both ends: questions can be asked. */
  readonly interactive: boolean;
  /** Of stdout. */
  readonly look: Look;
  /** Of stderr. */
  readonly noticeLook: Look;
  /** A result: stdout, with a line end. */
  print(text: string): void;
  /** A result for programs: stdout, indented JSON. */
  printJson(value: unknown): void;
  /** Whatever is no result: stderr, with a line end. */
  notice(text: string): void;
  /** What is being done: one line that is overwritten, on stderr, and only if that is a terminal. */
  progress(text: string): void;
  /** Removes the progress line. */
  endProgress(): void;
}

const fallbackWidth = 80;

/** The look of a file. */
export const pipedLook: Look = {
  terminal: false,
  width: Number.POSITIVE_INFINITY,
  paint: new Chalk({ level: 0 }),
};

function isSet(name: string): boolean {
  return (process.env[name] ?? "") !== "";
}

function lookOf(stream: NodeJS.WriteStream, level: number): Look {
  const forced = isSet("FORCE_COLOR") && process.env["FORCE_COLOR"] !== "0";
  const terminal = (stream.isTTY ?? false) || forced;
  const columns = stream.columns || Number(process.env["COLUMNS"]) || fallbackWidth;
  return {
    terminal,
    width: terminal ? columns : Number.POSITIVE_INFINITY,
    paint: new Chalk({ level: (isSet("NO_COLOR") ? 0 : level) as 0 | 1 | 2 | 3 }),
  };
}

/** The output of this process. */
export function createOutput(): Output {
  const look = lookOf(process.stdout, supportsColor ? supportsColor.level : 0);
  const noticeLook = lookOf(process.stderr, supportsColorStderr ? supportsColorStderr.level : 0);
  let inProgress = false;
  const endProgress = (): void => {
    if (inProgress) process.stderr.write("\r\u001B[2K");
    inProgress = false;
  };
  return {
    interactive: process.stdin.isTTY && process.stdout.isTTY,
    look,
    noticeLook,
    print(text) {
      endProgress();
      process.stdout.write(`${text}\n`);
    },
    printJson(value) {
      endProgress();
      process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    },
    notice(text) {
      endProgress();
      process.stderr.write(`${text}\n`);
    },
    progress(text) {
      if (!process.stderr.isTTY) return;
      endProgress();
      process.stderr.write(noticeLook.paint.dim(text.slice(0, noticeLook.width - 1)));
      inProgress = true;
    },
    endProgress,
  };
}
