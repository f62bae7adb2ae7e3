/** Colours for terminals; plain text for pipes, NO_COLOR and --no-color. */
import type { Terminal, World } from "./process-io.js";

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

export type Colour = keyof typeof codes;
export type Paint = (colour: Colour, text: string) => string;

export function hasColours(stream: Terminal, env: World["env"], wanted = true): boolean {
  if (!wanted || env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}

export function painter(coloured: boolean): Paint {
  return (colour, text) => {
    if (!coloured || text === "") return text;
    const [on, off] = codes[colour];
    // A cell of a table may be cut into lines: each carries its own colour.
    return text.replaceAll(/[^\n]+/g, (line) => `\u001b[${on}m${line}\u001b[${off}m`);
  };
}

/** The same name gets the same colour in every run. */
export function colourOf(name: string): Colour {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)!) >>> 0;
  return nameColours[sum % nameColours.length]!;
}

const nameColours: Colour[] = ["cyan", "yellow", "green", "magenta", "blue"];

export function withoutColour(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/\u001b\[\d+m/g, "");
}
