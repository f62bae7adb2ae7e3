/**
 * Values of block scalars (`|` and `>`), as docker compose reads them. The `yaml` library adds a line end to a file that lacks
 * it, and drops blank lines beyond an indentation indicator.
 */
import type { CST } from "yaml";

interface Header {
  folded: boolean;
  chomping: "-" | "+" | "";
  /** The indentation indicator; 0 without one. */
  indent: number;
}

/** `end` is where the library's token ends in `text`. Returns undefined if a tab stands where the indentation is expected. */
export function blockScalar(token: CST.BlockScalar, end: number, text: string): string | undefined {
  const header = headerOf(token);
  const lines = sourceOf(token, end, text).split(/\r?\n/);
  const detected = header.indent === 0;
  const indent = detected ? detectedIndent(lines, token.indent) : token.indent + header.indent;
  const first = lines.findIndex((line) => /[^ ]/.test(line));
  const tab = lines.some((line, index) => {
    const spaces = indentOf(line);
    return line[spaces] === "\t" && (spaces < indent || (detected && index === first));
  });
  return tab ? undefined : join(lines, indent, header);
}

function sourceOf({ source }: CST.BlockScalar, end: number, text: string): string {
  const blank = /(?: *\r?\n)*(?: +$)?/y;
  blank.lastIndex = Math.min(end, text.length);
  blank.test(text);
  return text.slice(end - source.length, blank.lastIndex);
}

function headerOf({ props }: CST.BlockScalar): Header {
  const header = props.find(({ type }) => type === "block-scalar-header");
  const source = header !== undefined && "source" in header ? header.source : "";
  return {
    folded: source.startsWith(">"),
    chomping: source.includes("-") ? "-" : source.includes("+") ? "+" : "",
    indent: Number(/\d/.exec(source)?.[0] ?? 0),
  };
}

function detectedIndent(lines: string[], parent: number): number {
  const first = lines.findIndex((line) => /[^ ]/.test(line));
  const start = first < 0 ? lines : lines.slice(0, first + 1);
  return Math.max(...start.map(indentOf), parent + 1, 1);
}

const indentOf = (line: string): number => /^ */.exec(line)?.[0].length ?? 0;

function join(lines: string[], indent: number, { folded, chomping }: Header): string {
  let value = "";
  let lineEnd = "";
  let blankLines = "";
  let wasIndented = false;
  for (const [index, line] of lines.entries()) {
    const end = index === lines.length - 1 ? "" : "\n";
    const content = line.slice(indent);
    if (content === "") {
      blankLines += end;
      continue;
    }
    const indented = /^[ \t]/.test(content);
    if (!folded || lineEnd === "" || wasIndented || indented) value += lineEnd;
    else if (blankLines === "") value += " ";
    value += blankLines + content;
    blankLines = "";
    lineEnd = end;
    wasIndented = indented;
  }
  if (chomping === "-") return value;
  return value + lineEnd + (chomping === "+" ? blankLines : "");
}
