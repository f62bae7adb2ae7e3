/** Works on many images in parallel, and reports them in order. */
import pLimit from "p-limit";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import type { Console } from "./console.js";
import { exitCodeOf } from "./exit-codes.js";
import { openRedraw } from "./redraw.js";

export interface Turn {
  /** Printed before the progress. */
  label: string;
  /** Printed when its turn comes, whether it is done or not. */
  before?: string;
  /** Returns the lines to print at the end; `show` redraws the progress. */
  work(show: (text: string) => void): Promise<string[]>;
}

export interface Speech {
  /** Suppress output except errors. */
  quiet?: boolean | undefined;
  /** Print errors, but return exit code 0. */
  ignoreFailures?: boolean | undefined;
}

/** Runs at most `--parallel` at a time. Returns the exit code of the first failure, or 0. */
export async function inTurn(
  console: Console & { options: { parallel?: number } },
  turns: Turn[],
  { quiet, ignoreFailures }: Speech = {},
): Promise<number> {
  const limit = pLimit(console.options.parallel ?? 8);
  const lines = await openLines(console);
  const say = (said: string[]) => {
    if (!quiet) said.forEach((line) => lines.say(line));
  };
  let code = 0;
  try {
    const running = turns.map(({ label, work, before }) => {
      const done = limit(() => work((text) => lines.set(label, text)))
        .then(
          (said) => ({ said }),
          (error: unknown) => ({ error }),
        )
        .finally(() => lines.remove(label));
      return { before, done };
    });
    for (const { before, done } of running) {
      if (before !== undefined) say([before]);
      const result = await done;
      if ("said" in result) {
        say(result.said);
        continue;
      }
      console.out.error(messageOf(result.error));
      if (!ignoreFailures) code ||= K2Error.is(result.error) ? exitCodeOf(result.error.code) : 1;
    }
  } finally {
    lines.done();
  }
  return code;
}

interface Lines {
  set(label: string, text: string): void;
  remove(label: string): void;
  /** Prints a line that stays, above the progress. */
  say(text: string): void;
  done(): void;
}

/** Redraws progress ten times a second; does nothing in a pipe. */
async function openLines({ world, out }: Console): Promise<Lines> {
  const redraw = await openRedraw(world.stderr, world.env);
  const lines = new Map<string, string>();
  const draw = () => redraw?.draw([...lines].flatMap(([label, text]) => `${label}: ${text}`.split("\n")));
  const timer = redraw && setInterval(draw, 100).unref();
  return {
    set: (label, text) => void lines.set(label, text),
    remove: (label) => void lines.delete(label),
    say: (text) => {
      redraw?.clear();
      out.line(text);
      draw();
    },
    done: () => {
      clearInterval(timer);
      redraw?.clear();
      redraw?.end();
    },
  };
}
