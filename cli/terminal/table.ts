/** The two kinds of tables of the original k2-compose, drawn by cli-table3 and fitted to the terminal. */
import Table from "cli-table3";
import stringWidth from "string-width";
import { oneLine } from "../../provider/shared/foreign-text.js";
import { elementOf } from "../../provider/shared/lookup.js";
import { type Colour, type Paint, unpainted } from "./colour.js";
import { wrap } from "./wrap.js";

/** Whatever an engine's text contains, it is one line of its cell. */
type CellLine = string | { text: string; colour: Colour };
export type Cell = CellLine | CellLine[];

interface TableOptions {
  head?: string[];
  rows: Cell[][];
  /** Width of the terminal in columns; undefined: unlimited. */
  width?: number | undefined;
  /** Usual contents of cells, by head: a column of nothing else is left out where there is no room for all. */
  usual?: Record<string, string>;
  /** Title in the upper border: the box of `show` and `inspect`. */
  title?: string;
  /** Colours the cells that have one. */
  paint?: Paint;
}

/** `+---+` borders, as in `ps`. */
export function grid(options: TableOptions): Promise<string> {
  return draw(options, asciiBorders);
}

/** Line borders, with a title in the upper one. */
export async function box(options: TableOptions): Promise<string> {
  return withTitle(await draw(options, {}), oneLine(options.title ?? ""));
}

/** Columns separated by two spaces, as in docker's lists. */
export function list({ head, rows }: { head?: string[]; rows: string[][] }): string {
  const lines = [...(head ? [head] : []), ...rows].map((cells) => cells.map(oneLine));
  const widths = columnWidths(lines);
  return lines
    .map((cells) =>
      cells
        .map((cell, at) => cell + " ".repeat(Math.max(0, elementOf(widths, at) - visible(cell))))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

interface FittingList {
  head: string[];
  rows: string[][];
  /** Width of the terminal in columns; undefined: unlimited. */
  width?: number | undefined;
  /** Heads of columns that are left out, in this order, if there is no room for all. */
  dispensable: string[];
}

export function fittingList({ head, rows, width = Infinity, dispensable }: FittingList): string {
  const drawn = list({ head, rows });
  const [first, ...others] = dispensable;
  if (first === undefined || drawn.split("\n").every((line) => stringWidth(line) <= width)) return drawn;
  const without = (cells: string[]) => cells.filter((_, at) => head[at] !== first);
  return fittingList({ head: without(head), rows: rows.map(without), width, dispensable: others });
}

/**
 * Aligns fields separated by tabs in docker's columns: at least ten wide, three apart; text after the last tab is not
 * padded.
 */
export function columns(lines: string[]): string {
  const rows = lines.map((line) => line.split("\t"));
  const widths = columnWidths(rows.map((cells) => cells.slice(0, -1))).map((width) =>
    Math.max(10, width + 3),
  );
  const padded = (cell: string, at: number, { length }: string[]) =>
    at === length - 1 ? cell : cell + " ".repeat(elementOf(widths, at) - visible(cell));
  return rows.map((cells) => cells.map((cell, at) => padded(cell, at, cells)).join("")).join("\n");
}

const asciiBorders = {
  ...{ top: "-", "top-mid": "+", "top-left": "+", "top-right": "+" },
  ...{ bottom: "-", "bottom-mid": "+", "bottom-left": "+", "bottom-right": "+" },
  ...{ left: "|", "left-mid": "+", mid: "-", "mid-mid": "+", right: "|", "right-mid": "+", middle: "|" },
};

function draw({ rows, paint = unpainted, ...options }: TableOptions, chars: object): Promise<string> {
  return drawTexts({ ...options, rows: rows.map((row) => row.map((cell) => textOf(cell, paint))) }, chars);
}

function textOf(cell: Cell, paint: Paint): string {
  const lines = Array.isArray(cell) ? cell : [cell];
  const texts = lines.map((line) =>
    typeof line === "string" ? oneLine(line) : paint(line.colour, oneLine(line.text)),
  );
  return texts.join("\n");
}

interface DrawnOptions extends TableOptions {
  rows: string[][];
}

async function drawTexts(options: DrawnOptions, chars: object): Promise<string> {
  const { head, rows, width = Infinity } = options;
  const lines = head === undefined ? rows : [head, ...rows];
  const natural = columnWidths(lines);
  const told = head && sum(natural) + bordersOf(natural) > width ? telling(head, options) : head;
  if (head && told && told.length < head.length) {
    const only = (row: string[]) => row.filter((_, at) => told.includes(elementOf(head, at)));
    return drawTexts({ ...options, head: told, rows: rows.map(only) }, chars);
  }
  const words = columnWidths(lines.map((row) => row.map((cell) => cell.replaceAll(/[\s\-/.:]+/g, "\n"))));
  const widths = fitWidths(natural, columnWidths([...broken(head), ...rows]), words, width);
  const shown = wrapped(lines, widths);
  const table = new Table({
    ...(head && { head: shown.shift() }),
    // cli-table3 would also colour heads and borders in pipes.
    style: { head: [], border: [] },
    colWidths: widths.map((column) => column + 2),
    chars,
  });
  table.push(...shown);
  return table.toString();
}

/** The heads of columns that tell something. */
function telling(head: string[], { rows, usual = {} }: DrawnOptions): string[] {
  const told = head.filter((name, at) => rows.some((row) => row[at] !== "" && row[at] !== usual[name]));
  return told.length > 0 ? told : head;
}

/**
 * If the table is too wide, wraps heads first ("Service-" "Status"), then shrinks the widest columns without breaking
 * words, each to at least 6.
 */
function fitWidths(widths: number[], narrower: number[], words: number[], total: number): number[] {
  const borders = bordersOf(widths);
  if (sum(widths) + borders <= total) return widths;
  const fitted = [...narrower];
  for (let over = sum(fitted) + borders - total; over > 0; over--) {
    const room = fitted.map((column, at) =>
      column > 6 && column > Math.min(elementOf(words, at), longestWord) ? column : 0,
    );
    const from = room.some((column) => column > 0) ? room : fitted;
    const widest = from.indexOf(Math.max(...from));
    const columnWidth = elementOf(fitted, widest);
    if (columnWidth <= 6) break;
    fitted[widest] = columnWidth - 1;
  }
  return fitted;
}

/** Longer words, such as hashes, can be broken anywhere. */
const longestWord = 12;

function bordersOf({ length }: number[]): number {
  return length * 3 + 1;
}

function broken(head: string[] | undefined): string[][] {
  return head === undefined ? [] : [head.map((cell) => cell.replaceAll("-", "-\n"))];
}

function wrapped(rows: string[][], widths: number[]): string[][] {
  return rows.map((row) => row.map((cell, at) => wrap(cell, elementOf(widths, at))));
}

function columnWidths(rows: string[][]): number[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, visible(cell))));
  return widths;
}

function visible(cell: string): number {
  return Math.max(...cell.split("\n").map((line) => stringWidth(line)));
}

function withTitle(drawn: string, title: string): string {
  const end = drawn.indexOf("\n");
  const top = drawn.slice(0, end);
  const shown = title.slice(0, Math.max(0, top.length - 2));
  return top[0] + shown + top.slice(1 + stringWidth(shown)) + drawn.slice(end);
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
