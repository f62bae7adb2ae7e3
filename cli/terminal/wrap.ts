/** Wraps text into a column of a table. */
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

export function wrap(cell: string, width: number): string {
  return cell
    .split("\n")
    .map((line) => (stringWidth(line) <= width ? line : wrapLine(line, width)))
    .join("\n");
}

// eslint-disable-next-line no-control-regex
const parts = /^(\u001b\[\d+m)?( *)(.*?)(\u001b\[\d+m)?$/;

/** Each line of a coloured text carries its own colour, and each of an indented text its indentation. */
function wrapLine(line: string, width: number): string {
  const [, on = "", indentation = "", text = line, off = ""] = parts.exec(line) ?? [];
  const room = Math.max(1, width - indentation.length);
  const lines = wrapAnsi(breakWords(text, room), room, { hard: true }).split("\n");
  return lines.map((piece) => on + indentation + piece + off).join("\n");
}

/** wrap-ansi breaks at spaces only: a word wider than the column is broken behind punctuation first. */
function breakWords(text: string, width: number): string {
  return text.replaceAll(/[^ ]+/g, (word) => {
    const [first = "", ...others] = word.split(punctuation);
    const lines = [first];
    for (const part of others) {
      const joined = `${lines.at(-1)}${part}`;
      // A part that is too wide by itself is cut anyway, at the end of the column.
      if (stringWidth(joined) <= width || stringWidth(part) > width) lines[lines.length - 1] = joined;
      else lines.push(part);
    }
    return lines.join("\n");
  });
}

/** Behind "a/" in "a/b" and "a." in "a.b", but neither in "2/2" nor in "10.0.0.1". */
const punctuation = /(?<=[-:,@_]|[/.](?!\d))/;
