/** Works on many images in parallel, and reports them in order. */
import pLimit from "p-limit";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { type Appearance, isQuiet } from "./colour.js";
import type { Console } from "./console.js";
import { exitCodeOf } from "./exit-codes.js";
import { openRedraw } from "./redraw.js";

export interface Task {
  /** Printed before the progress. */
  label: string;
  /** Printed when its turn comes, whether it is done or not. */
  before?: string;
  /** Returns the lines to print at the end; `show` redraws the progress. */
  work(show: (text: string) => void): Promise<string[]>;
}

export interface ProgressOptions {
  /** Suppress output except errors. */
  quiet?: boolean | undefined;
  /** Print errors, but return exit code 0. */
  ignoreFailures?: boolean | undefined;
}

/** Runs at most `--parallel` at a time. Returns the exit code of the first failure, or 0. */
export async function runInOrder(
  console: Console & { options: Appearance & { parallel?: number } },
  tasks: Task[],
  { quiet, ignoreFailures }: ProgressOptions = {},
): Promise<number> {
  const limit = pLimit(console.options.parallel ?? 8);
  const lines = await openLines(console);
  const print = (texts: string[]) => {
    if (!quiet && !isQuiet(console.options.progress)) texts.forEach((text) => lines.print(text));
  };
  let code = 0;
  try {
    const running = tasks.map(({ label, work, before }) => {
      const done = limit(() => work((text) => lines.set(label, text)))
        .then(
          (texts) => ({ texts }),
          (error: unknown) => ({ error }),
        )
        .finally(() => lines.remove(label));
      return { before, done };
    });
    for (const { before, done } of running) {
      if (before !== undefined) print([before]);
      const result = await done;
      if ("texts" in result) {
        print(result.texts);
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
  print(text: string): void;
  done(): void;
}

/** Redraws progress ten times a second; does nothing in a pipe. */
async function openLines({ out }: Console): Promise<Lines> {
  const redraw = await openRedraw(out.redrawn);
  const lines = new Map<string, string>();
  const draw = () => redraw?.draw([...lines].flatMap(([label, text]) => `${label}: ${text}`.split("\n")));
  const timer = redraw && setInterval(draw, 100).unref();
  return {
    set: (label, text) => void lines.set(label, text),
    remove: (label) => void lines.delete(label),
    print: (text) => {
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
