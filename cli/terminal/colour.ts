/** Colours for terminals; plain text for pipes, NO_COLOR and --no-color. */
import { styleText } from "node:util";
import type { Terminal, World } from "./process-io.js";

export type Colour = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";
export type Paint = (colour: Colour, text: string) => string;

export function hasColours(stream: Terminal, env: World["env"], wanted = true): boolean {
  if (!wanted || env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}

export function painter(coloured: boolean): Paint {
  return (colour, text) => {
    if (!coloured || text === "") return text;
    // A table cell may be split into lines, each of which needs its own colour codes.
    return text.replaceAll(/[^\n]+/g, (line) => styleText(colour, line, { validateStream: false }));
  };
}
