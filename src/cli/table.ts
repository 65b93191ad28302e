/**
 * Tables. In a terminal they fit its width: cells wrap, and where even that is too narrow each row becomes a block of
 * lines. Elsewhere they are plain columns, one row a line, for `grep` and `awk`.
 */
import Table from "cli-table3";
import type { Look } from "./output.ts";
import { displayWidth, padEnd, visibleText, wrapText } from "./text.ts";

export interface Column {
  readonly head: string;
  /** Columns it keeps before the table turns into blocks; default 8. */
  readonly min?: number;
}

interface PaintedCell {
  readonly text: string;
  readonly paint: (text: string) => string;
}
/** Any text: it is made visible here. */
export type Cell = string | PaintedCell;

const gap = 2;
const minimum = 8;

const noBorders = Object.fromEntries(
  "top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle"
    .split(" ")
    .map((name) => [name, ""]),
);

function textOf(cell: Cell): string {
  return visibleText(typeof cell === "string" ? cell : cell.text);
}

function painted(cell: Cell, lines: readonly string[]): string {
  const paint = typeof cell === "string" ? (text: string) => text : cell.paint;
  return lines.map((line) => paint(line)).join("\n");
}

function naturalWidths(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  return columns.map((column, index) =>
    Math.max(
      displayWidth(column.head),
      ...rows.map((row) => displayWidth(textOf(row[index] ?? ""))),
    ),
  );
}

/** Takes columns from the widest until the table fits, or undefined if the minima do not. */
function fitWidths(
  columns: readonly Column[],
  natural: readonly number[],
  width: number,
): number[] | undefined {
  const widths = [...natural];
  const least = columns.map((column, index) =>
    Math.min(natural[index] as number, column.min ?? minimum),
  );
  let excess = widths.reduce((sum, each) => sum + each + gap, -gap) - width;
  while (excess > 0) {
    let widest = -1;
    for (const [index, each] of widths.entries()) {
      const shrinks = each > (least[index] as number);
      if (shrinks && (widest < 0 || each > (widths[widest] as number))) widest = index;
    }
    if (widest < 0) return undefined;
    widths[widest] = (widths[widest] as number) - 1;
    excess -= 1;
  }
  return widths;
}

function renderPlain(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const widths = naturalWidths(columns, rows);
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, index) => padEnd(text, widths[index] ?? 0))
      .join(" ".repeat(gap))
      .trimEnd();
  return [
    line(columns.map((column) => column.head)),
    ...rows.map((row) => line(row.map(textOf))),
  ].join("\n");
}

function renderBlocks(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  look: Look,
): string {
  const label = Math.max(...columns.map((column) => displayWidth(column.head))) + gap;
  const room = Math.max(10, look.width - label);
  const blocks = rows.map((row) =>
    columns
      .flatMap((column, index) => {
        const cell = row[index] ?? "";
        return painted(cell, wrapText(textOf(cell), room))
          .split("\n")
          .map((text, line) => look.paint.dim(padEnd(line === 0 ? column.head : "", label)) + text);
      })
      .join("\n"),
  );
  return blocks.join("\n\n");
}

/** Renders rows under their heads; an empty text if there are none. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  look: Look,
): string {
  if (rows.length === 0) return "";
  if (!look.terminal) return renderPlain(columns, rows);
  const widths = fitWidths(columns, naturalWidths(columns, rows), look.width);
  if (widths === undefined) return renderBlocks(columns, rows, look);
  const last = widths.length - 1;
  const table = new Table({
    chars: noBorders,
    colWidths: widths.map((width, index) => width + (index === last ? 0 : gap)),
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
  });
  table.push(
    columns.map((column) => look.paint.bold(column.head)),
    widths.map((width) => look.paint.dim("─".repeat(width))),
    ...rows.map((row) =>
      row.map((cell, index) => painted(cell, wrapText(textOf(cell), widths[index] as number))),
    ),
  );
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
