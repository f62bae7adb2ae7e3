/** Output of commands: data goes to standard output, everything else to standard error. */
import { jsonText, oneLine, withoutControls } from "../../provider/shared/foreign-text.js";
import { type Appearance, type Colour, hasColours, painter } from "./colour.js";
import { folded } from "./wrap.js";
import { redrawable } from "./redraw.js";
import type { Terminal, World } from "./process-io.js";

/** Lines after the first are indented, so that no text of an engine looks like a message of its own. */
function paragraph(text: string): string {
  return withoutControls(text).replaceAll(/\n(?! |$)/g, "\n  ");
}

export class Output {
  /** Whether standard output has colours. */
  readonly coloured: boolean;
  readonly paint: (colour: Colour, text: string) => string;
  private readonly notePaint: (colour: Colour, text: string) => string;

  constructor(
    private readonly world: World,
    private readonly appearance: Appearance = {},
  ) {
    this.coloured = hasColours(world.stdout, world.env, appearance);
    this.paint = painter(this.coloured);
    this.notePaint = painter(hasColours(world.stderr, world.env, appearance));
  }

  /** Standard error, if progress is redrawn on it. */
  get redrawn(): Terminal | undefined {
    const { progress = "auto", ansi } = this.appearance;
    const { stderr, env } = this.world;
    if (progress === "tty") return stderr;
    return progress === "auto" && ansi !== "never" ? redrawable(stderr, env) : undefined;
  }

  /** Prints data. Names and messages may come from an engine: whatever they contain, it is one line. */
  line(text = ""): void {
    this.world.stdout.write(`${oneLine(text)}\n`);
  }

  /** Prints a table or another text whose lines and colours are ours. */
  block(text: string): void {
    this.world.stdout.write(`${withoutControls(text, { colours: true })}\n`);
  }

  /** Values are unchanged: control characters are escaped. */
  json(value: unknown): void {
    this.block(jsonText(value, 2));
  }

  jsonLine(value: unknown): void {
    this.block(jsonText(value));
  }

  /** Writes bytes of a container unchanged. */
  write(data: string | Uint8Array): void {
    this.world.stdout.write(data);
  }

  /** Prints what happens, for the user. */
  note(text: string): void {
    const { stdout, stderr } = this.world;
    (this.appearance.statusStdout ? stdout : stderr).write(`${paragraph(text)}\n`);
  }

  warn(text: string): void {
    this.notice("yellow", "warning:", text);
  }

  error(text: string): void {
    this.notice("red", "error:", text);
  }

  private notice(colour: Colour, word: string, text: string): void {
    const lines = folded(paragraph(`${word} ${text}`), this.noteWidth);
    this.world.stderr.write(`${lines.replace(word, this.notePaint(colour, word))}\n`);
  }

  /** Width of the terminal that notes are printed to. */
  get noteWidth(): number | undefined {
    const { stderr, env } = this.world;
    return stderr.isTTY === true ? (stderr.columns ?? (Number(env.COLUMNS) || 80)) : undefined;
  }

  /** Width of the terminal in columns; undefined if the output is a pipe or file. */
  get width(): number | undefined {
    const { stdout, env } = this.world;
    if (stdout.isTTY !== true) return undefined;
    return stdout.columns ?? (Number(env.COLUMNS) || 80);
  }
}
