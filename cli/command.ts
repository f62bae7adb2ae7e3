/** Definition of a command: each file in commands/ exports one as its default. */
import type { Context } from "./application/context.js";
import type { Option } from "./arguments/option.js";

/** The summary is in the catalog, so that `--help` need not load the command. */
export interface Command<Options> {
  /** "[service...]", "<service> [command...]". */
  args?: string;
  options?: Option[];
  /** Paragraphs for --help and the manual. */
  details?: string;
  /** Command lines without "k2-compose", each with a description. */
  examples?: [line: string, does: string][];
  /** Values that completion offers for each argument, unless the argument's name in `args` determines them. */
  completes?: (string[] | "hosts" | "services")[];
  /** Passes options after the first argument on to the command in the container. A list: only after these words. */
  passThrough?: boolean | string[];
  /**
   * The exit code with which the command ends when the reader of its output is gone. By default it writes no more and goes
   * on to its end, since it may be changing something.
   */
  whenUnread?: number;
  /** Returns the exit code; undefined means 0. */
  run(context: Context, input: { args: string[]; options: Options }): Promise<number | void>;
}

/** Options have the names that commander gives them: --no-log-prefix is `logPrefix: false`. */
export function defineCommand<Options extends object = Record<string, never>>(
  command: Command<Options>,
): Command<Options> {
  return command;
}
