/** Texts of engines, registries and containers. Printed as they are, they could control the terminal or imitate our output. */

/** ESC or its one-byte forms, with the string or parameters that follow; then single control characters and bidi overrides. */
const control = new RegExp(
  [
    // Strings: clipboard, title, device control.
    "(?:\\u001b[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u001b\\u009c\\n]*(?:\\u0007|\\u001b\\\\|\\u009c)?",
    "(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]?",
    "\\u001b[ -/]*[0-~]?",
    "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]",
  ].join("|"),
  "g",
);

interface Keeping {
  /** Keeps the sequences that set colours; those that hide text or make it blink are removed. */
  colours?: boolean;
}

/** Removes what controls a terminal; line ends and tabs stay. */
export function withoutControls(text: string, { colours = false }: Keeping = {}): string {
  return text.replace(control, (found) => (colours && isColour(found) ? found : ""));
}

/** Bold, dim, their ends, and the eight colours. */
function isColour(sequence: string): boolean {
  return (
    sequence.startsWith("\u001b") &&
    /^\[(?:(?:[012]|2[12]|3[0-79]|9[0-7])(?:;(?!m)|(?=m)))*m$/.test(sequence.slice(1))
  );
}

/** The text without line ends, tabs and controls, so that it cannot imitate other lines or cells. */
export function oneLine(text: string): string {
  return withoutControls(text).replaceAll(/\s*\n\s*|\t/g, " ");
}

/** JSON with the value unchanged: controls that JSON allows in texts are escaped, too. */
export function jsonText(value: unknown, indent?: number): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, undefined, indent).replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    escaped,
  );
}

/** The text as one line of at most `limit` characters. */
export function foreignLine(text: string, limit = 1000): string {
  return oneLine(shortened(text, limit));
}

/** The last ten lines that are not empty. */
export function lastLines(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.slice(-lastLinesCount).map((line) => foreignLine(line));
}

export const lastLinesCount = 10;

/** The text with at most `limit` characters, whose other lines are indented below the first. */
export function foreignText(text: string, limit = 4000): string {
  return shortened(text, limit).replaceAll(/\n/g, "\n    ");
}

function shortened(text: string, limit: number): string {
  // Cut twice, because removing sequences from many megabytes takes a while.
  const clean = withoutControls(text.slice(0, limit * 10)).trim();
  return clean.length > limit ? `${clean.slice(0, limit)}…` : clean;
}
