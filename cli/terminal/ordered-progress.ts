/** Works on many images in parallel, and reports them in order. */
import pLimit from "p-limit";
import { codeOf, type ErrorCode, messageOf } from "../../provider/shared/errors.js";
import { type Appearance, isQuiet } from "./colour.js";
import type { Console } from "./console.js";
import { exitCodeOf, firstOf } from "./exit-codes.js";
import { openRedraw } from "./redraw.js";

export interface Task {
  /** Printed before the progress. */
  label: string;
  /** Printed when its turn comes, whether it is done or not. */
  before?: string;
  /** Returns the lines to print at the end; `show` redraws the progress, `warn` prints a line that stays. */
  work(show: (text: string) => void, warn: (text: string) => void): Promise<string[]>;
}

export interface ProgressOptions {
  /** Suppress output except errors. */
  quiet?: boolean | undefined;
  /** Print errors, but return exit code 0. */
  ignoreFailures?: boolean | undefined;
}

/** Runs at most `--parallel` at a time. Returns the exit code of the failure that counts most, or 0. */
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
  const codes: ErrorCode[] = [];
  try {
    const running = tasks.map(({ label, work, before }) => {
      const done = limit(() => work((text) => lines.set(label, text), lines.warn))
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
      codes.push(codeOf(result.error) ?? "engine");
    }
  } finally {
    lines.done();
  }
  const decisive = ignoreFailures ? undefined : firstOf(codes);
  return decisive === undefined ? 0 : exitCodeOf(decisive);
}

interface Lines {
  set(label: string, text: string): void;
  remove(label: string): void;
  /** Prints a line that stays, above the progress. */
  print(text: string): void;
  warn(text: string): void;
  done(): void;
}

/** Redraws progress ten times a second; does nothing in a pipe. */
async function openLines({ out }: Console): Promise<Lines> {
  const redraw = await openRedraw(out.redrawn);
  const lines = new Map<string, string>();
  const draw = () => redraw?.draw([...lines].flatMap(([label, text]) => `${label}: ${text}`.split("\n")));
  const timer = redraw && setInterval(draw, 100).unref();
  const above = (write: () => void) => {
    redraw?.clear();
    write();
    draw();
  };
  return {
    set: (label, text) => void lines.set(label, text),
    remove: (label) => void lines.delete(label),
    print: (text) => above(() => out.line(text)),
    warn: (text) => above(() => out.warn(text)),
    done: () => {
      clearInterval(timer);
      redraw?.clear();
      redraw?.end();
    },
  };
}
