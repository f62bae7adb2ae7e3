/** Text in a column: broken behind punctuation where that is near, its colour on every line. */

export function wrap(cell: string, width: number): string {
  return cell
    .split("\n")
    .flatMap((line) => wrapLine(line, width))
    .join("\n");
}

/** Characters of East Asia and emoji take two columns. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += wide.test(character) ? 2 : 1;
  return width;
}

// eslint-disable-next-line no-control-regex
const coloured = /^(\u001b\[\d+m)(.*)(\u001b\[\d+m)$/;
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;

function wrapLine(line: string, width: number): string[] {
  const [, on = "", text = line, off = ""] = coloured.exec(line) ?? [];
  return pieces(text, width).map((piece) => on + piece + off);
}

function pieces(text: string, width: number): string[] {
  const found: string[] = [];
  for (let rest = text; rest !== "";) {
    const end = displayWidth(rest) <= width ? rest.length : breakAt(rest, width);
    found.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return found.length === 0 ? [""] : found;
}

/** "a/b" and "a.b", but neither "2/2" nor "10.0.0.1". */
function isPunctuation(text: string): boolean {
  return /^[/.](?!\d)/.test(text);
}

/** Behind the last space or punctuation of the second half, else where the column ends. */
function breakAt(text: string, width: number): number {
  let end = 0;
  let columns = 0;
  let good = 0;
  for (const character of text) {
    columns += displayWidth(character);
    if (columns > width) break;
    end += character.length;
    if (columns * 2 >= width && (/[ \-:,@_]/.test(character) || isPunctuation(text.slice(end - 1))))
      good = end;
  }
  return Math.max(1, good || end);
}
