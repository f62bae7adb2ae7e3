/** Folds lines of a message at spaces. Words that are longer than a line stay whole, so that they can be copied. */

export function folded(text: string, width = Infinity): string {
  return text
    .split("\n")
    .flatMap((line) => (line.length <= width ? [line] : foldedLine(line, width)))
    .join("\n");
}

/** Lines after the first are indented as it is, by at least two spaces. */
function foldedLine(line: string, width: number): string[] {
  const indentation = /^ */.exec(line)?.[0] ?? "";
  const further = indentation === "" ? "  " : indentation;
  const lines: string[] = [];
  let current = indentation;
  for (const word of line.trim().split(" ")) {
    const isFirst = current.trim() === "";
    if (!isFirst && current.length + 1 + word.length > width) {
      lines.push(current);
      current = further + word;
    } else current += isFirst ? word : ` ${word}`;
  }
  return [...lines, current];
}
