/** Output of commands: data goes to standard output, everything else to standard error. */
import { type Colour, hasColours, painter } from "./colour.js";
import type { World } from "./process-io.js";

export class Output {
  /** Whether standard output has colours. */
  readonly coloured: boolean;
  readonly paint: (colour: Colour, text: string) => string;
  private readonly notePaint: (colour: Colour, text: string) => string;

  constructor(
    private readonly world: World,
    colour = true,
  ) {
    this.coloured = hasColours(world.stdout, world.env, colour);
    this.paint = painter(this.coloured);
    this.notePaint = painter(hasColours(world.stderr, world.env, colour));
  }

  /** Prints data: one or more lines. */
  line(text = ""): void {
    this.world.stdout.write(`${text}\n`);
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value, undefined, 2));
  }

  /** Writes bytes of a container unchanged. */
  write(data: string | Uint8Array): void {
    this.world.stdout.write(data);
  }

  /** Prints what happens, for the user. */
  note(text: string): void {
    this.world.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.note(`${this.notePaint("yellow", "warning:")} ${text}`);
  }

  error(text: string): void {
    this.note(`${this.notePaint("red", "error:")} ${text}`);
  }

  /** Width of the terminal in columns; undefined if the output is a pipe or file. */
  get width(): number | undefined {
    const { stdout, env } = this.world;
    if (stdout.isTTY !== true) return undefined;
    return stdout.columns ?? (Number(env.COLUMNS) || 80);
  }
}
