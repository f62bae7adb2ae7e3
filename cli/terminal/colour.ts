/** Colours for terminals; plain text for pipes, NO_COLOR, --ansi never and --no-color. */
import { styleText } from "node:util";
import type { Terminal, World } from "./process-io.js";

/** How messages and progress are printed. */
export interface Appearance {
  color?: boolean;
  ansi?: "never" | "always" | "auto";
  progress?: "auto" | "tty" | "plain" | "json" | "quiet" | "none";
  /** COMPOSE_STATUS_STDOUT: messages go to standard output. */
  statusStdout?: boolean;
}

export function isQuiet(progress: Appearance["progress"]): boolean {
  return progress === "quiet" || progress === "none";
}

export type Colour = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";
export type Paint = (colour: Colour, text: string) => string;

export function hasColours(
  stream: Terminal,
  env: World["env"],
  { color = true, ansi = "auto" }: Appearance,
): boolean {
  if (!color || ansi === "never" || env.NO_COLOR) return false;
  if (ansi === "always") return true;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}

export function painter(coloured: boolean): Paint {
  if (!coloured) return unpainted;
  return (colour, text) => (text === "" ? "" : styleText(colour, text, { validateStream: false }));
}

export const unpainted: Paint = (_, text) => text;
