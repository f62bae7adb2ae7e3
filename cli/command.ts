/** How a command is defined: one file in commands/ with this as its default export. */
import type { Context } from "./application/context.js";
import type { Option } from "./arguments/option.js";

/** Its summary stands in the catalog, so that `--help` need not load it. */
export interface Command<Options> {
  /** "[service...]", "<service> [command...]". */
  args?: string;
  options?: Option[];
  /** Paragraphs for --help and the manual. */
  details?: string;
  /** Command lines without "k2-compose", each with what it does. */
  examples?: [line: string, does: string][];
  /** What completion offers for each argument, where its name in `args` does not say it. */
  completes?: (string[] | "hosts" | "services")[];
  /** What follows the first argument is not ours: options of a command in a container. A list: behind these words only. */
  passThrough?: boolean | string[];
  /** Returns the exit code; nothing is 0. */
  run(context: Context, input: { args: string[]; options: Options }): Promise<number | void>;
}

/** Options arrive under commander's names: --no-log-prefix is `logPrefix: false`. */
export function defineCommand<Options extends object = Record<string, never>>(
  command: Command<Options>,
): Command<Options> {
  return command;
}
