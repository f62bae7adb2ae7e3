/** Breaks lines at the width of a column or of the terminal, counted in columns and not in characters. */
import stringWidth from "string-width";
import { elementOf } from "../../provider/shared/lookup.js";

/** Wraps a cell of a table. Words that are wider than the column are broken: after punctuation if possible. */
export function wrap(cell: string, width: number): string {
  return eachLine(cell, width, (line) => wrapLine(line, width));
}

/** Folds a message. Words that are wider than a line stay whole, so that they can be copied. */
export function folded(text: string, width = Infinity): string {
  return eachLine(text, width, (line) => foldLine(line, width));
}

function eachLine(text: string, width: number, wrapped: (line: string) => string[]): string {
  return text
    .split("\n")
    .flatMap((line) => (stringWidth(line) <= width ? [line] : wrapped(line)))
    .join("\n");
}

/** Lines after the first are indented as it is, by at least two spaces. */
function foldLine(line: string, width: number): string[] {
  const indentation = /^ */.exec(line)?.[0] ?? "";
  const further = indentation === "" ? "  " : indentation;
  const words = line.trim().split(" ");
  const [first = "", ...others] = filled(words, width - indentation.length, width - further.length);
  return [indentation + first, ...others.map((text) => further + text)];
}

// eslint-disable-next-line no-control-regex
const parts = /^(\u001b\[\d+m)?( *)(.*?)(\u001b\[\d+m)?$/;

/** Each line of a coloured text has its own colour codes, and each line of an indented text its indentation. */
function wrapLine(line: string, width: number): string[] {
  const [, on = "", indentation = "", text = line, off = ""] = parts.exec(line) ?? [];
  const room = Math.max(1, width - indentation.length);
  const pieces = breakWords(text, room).split("\n");
  const lines = pieces.flatMap((piece) => filled(piece.split(" "), room)).flatMap((one) => cut(one, room));
  return lines.map((one) => on + indentation + one + off);
}

/** Puts as many words on each line as fit. */
function filled(words: string[], first: number, others = first): string[] {
  const lines = [""];
  for (const word of words) {
    const last = elementOf(lines, lines.length - 1);
    const room = lines.length === 1 ? first : others;
    const joined = last === "" ? word : `${last} ${word}`;
    if (last === "" || stringWidth(joined) <= room) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  return lines;
}

function cut(line: string, width: number): string[] {
  if (stringWidth(line) <= width) return [line];
  const lines = [""];
  // Several characters may be one sign: an emoji that joins two. The segmenter takes 20 ms to load, so only here.
  for (const { segment: character } of new Intl.Segmenter().segment(line)) {
    const joined = elementOf(lines, lines.length - 1) + character;
    if (stringWidth(joined) <= width) lines[lines.length - 1] = joined;
    else lines.push(character);
  }
  return lines;
}

/** Breaks words that are wider than the column after punctuation. */
function breakWords(text: string, width: number): string {
  return text.replaceAll(/[^ ]+/g, (word) => {
    const [first = "", ...others] = word.split(punctuation);
    const lines = [first];
    for (const part of others) {
      const joined = `${lines.at(-1)}${part}`;
      // A part that is still too wide is broken at the end of the column.
      if (stringWidth(joined) <= width || stringWidth(part) > width) lines[lines.length - 1] = joined;
      else lines.push(part);
    }
    return lines.join("\n");
  });
}

/** After "a/" in "a/b" and "a." in "a.b", but not in "2/2" or "10.0.0.1". */
const punctuation = /(?<=[-:,@_]|[/.](?!\d))/;
