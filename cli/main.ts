/** The command line: global options, one command, its exit code. */
import type { CommanderError } from "commander";
import type { Context } from "./application/context.js";
import { report } from "./terminal/failure.js";
import { exitCodeOf } from "./terminal/exit-codes.js";
import { listenForInterrupts } from "./terminal/signals.js";
import { Output } from "./terminal/output.js";
import { commandLine, type Invocation, withCommand } from "./parse.js";
import { onceUnread, processWorld, type World } from "./terminal/process-io.js";

/** The entry point: sets the exit code, and lets the process end. */
export async function main(args: string[]): Promise<void> {
  process.exitCode = await run(args, processWorld());
  // Exit even if a connection is still open, so that the shell does not wait for it.
  setTimeout(() => process.exit(), 500).unref();
}

/** Runs one command and returns the exit code. */
export async function run(given: string[], world: World): Promise<number> {
  const args = withCommand(given);
  const interrupts = listenForInterrupts();
  let context: Context | undefined;
  let code = 0;
  const invoke = async ({ command, globals, args, options }: Invocation) => {
    const application = await import("./application/context.js");
    const defaults = await import("./arguments/variable-defaults.js");
    const variables = await defaults.variablesOf(world, globals);
    context = new application.Context(world, defaults.withAppearance(globals, variables), interrupts);
    for (const text of defaults.unobeyed(variables, process.platform)) context.warnOnce(text);
    const { whenUnread } = command;
    if (whenUnread !== undefined) onceUnread(world, () => process.exit(whenUnread));
    const complete = defaults.withVariables(command.options ?? [], options, variables);
    code = (await command.run(context, { args, options: complete as never })) ?? 0;
  };
  try {
    const { program, words } = await commandLine(args, world, invoke);
    await program.parseAsync(words, { from: "user" });
    // A command that was interrupted may end normally, but it has not done everything.
    return code === 0 && interrupts.signal.aborted ? exitCodeOf("cancelled") : code;
  } catch (error) {
    if (isCommanders(error)) return error.exitCode === 0 ? 0 : 2;
    return report(
      error,
      context?.out ?? new Output(world, { color: !args.includes("--no-color") }),
      world.env,
    );
  } finally {
    await context?.close();
    interrupts.stop();
  }
}

/** commander has already printed the error. */
function isCommanders(error: unknown): error is CommanderError {
  return (
    error instanceof Error &&
    "exitCode" in error &&
    "code" in error &&
    String(error.code).startsWith("commander.")
  );
}
