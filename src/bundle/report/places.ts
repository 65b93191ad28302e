/** Where nodes stand: file, line and column in the bundle, and in the original source where a map tells. */
import type { SourcePlace } from "../../contract/build.ts";
import type { Bundle } from "../files/bundle.ts";
import { fileOffset } from "../files/script-place.ts";
import { fileText } from "../files/read-bundle.ts";
import { LineIndex, SourceMaps } from "../files/source-maps.ts";
import type { Program } from "../modules/program.ts";
import { end, start, type Node } from "../modules/syntax.ts";
import type { FilePlace } from "../recognizers/recognizer.ts";

export interface NodePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly source?: SourcePlace;
  /** UTF-16 offset in the file's text. */
  readonly offset: number;
}

export class Places {
  private readonly bundle: Bundle;
  private readonly program: Program;
  private readonly maps: SourceMaps;
  private readonly lines = new Map<string, LineIndex>();

  constructor(bundle: Bundle, program: Program) {
    this.bundle = bundle;
    this.program = program;
    this.maps = new SourceMaps(bundle);
  }

  of(node: Node | FilePlace): NodePlace {
    const { file, start: offset } = this.span(node);
    return this.at(file, offset);
  }

  at(file: string, offset: number): NodePlace {
    const { line, column } = this.linesOf(file).at(offset);
    const source = this.maps.originalPlace({ file, line, column });
    return { file, line, column, offset, ...(source === undefined ? {} : { source }) };
  }

  /** The run of a node in its file. */
  span(node: Node | FilePlace): { file: string; start: number; end: number } {
    if (node.type === "FilePlace") return { file: node.file, start: node.start, end: node.end };
    const { script } = this.program.unitOf(node);
    return {
      file: script.file,
      start: fileOffset(script, start(node)),
      end: fileOffset(script, end(node)),
    };
  }

  textOf(node: Node): string {
    return this.program.unitOf(node).textOf(node);
  }

  compare(a: NodePlace, b: NodePlace): number {
    if (a.file !== b.file) return a.file < b.file ? -1 : 1;
    return a.offset - b.offset;
  }

  private linesOf(file: string): LineIndex {
    const known = this.lines.get(file);
    if (known !== undefined) return known;
    const owner = this.bundle.files.get(file);
    const made = new LineIndex(owner === undefined ? "" : fileText(owner));
    this.lines.set(file, made);
    return made;
  }
}
