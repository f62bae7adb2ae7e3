/** Wraps text to the width of a column. */
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

/** Each line of a coloured text has its own colour codes, and each line of an indented text its indentation. */
function wrapLine(line: string, width: number): string {
  const [, on = "", indentation = "", text = line, off = ""] = parts.exec(line) ?? [];
  const room = Math.max(1, width - indentation.length);
  const lines = wrapAnsi(breakWords(text, room), room, { hard: true }).split("\n");
  return lines.map((piece) => on + indentation + piece + off).join("\n");
}

/** wrap-ansi breaks only at spaces, so words wider than the column are first broken after punctuation. */
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
