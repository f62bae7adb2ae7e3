/** Registers the catalog's commands with commander. Only the command that is run is loaded, to keep `--help` fast. */
import { substituteFor } from "./substitutes.js";
import { Command as Commander } from "commander";
import { catalog, type Entry, loadCommand } from "./catalog.js";
import { withoutBooleans } from "./arguments/boolean-values.js";
import type { Command } from "./command.js";
import { type GlobalOptions, globalOptions } from "./arguments/global-options.js";
import { commanderOption } from "./arguments/option.js";
import type { World } from "./terminal/process-io.js";

export interface Invocation {
  command: Command<never>;
  globals: GlobalOptions;
  args: string[];
  options: Record<string, unknown>;
}

type Invoke = (invocation: Invocation) => Promise<void>;

/** The program, and the arguments to parse. */
export async function commandLine(
  args: string[],
  world: World,
  invoke: Invoke,
): Promise<{ program: Commander; words: string[] }> {
  const named = namedCommand(args);
  const program = new Commander("k2-compose")
    .description("Define and run multi-container applications on many Docker hosts")
    .usage("[global options] COMMAND")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      outputError: (text, write) =>
        write(text + (misplaced(text, named) || substituteFor(text, named) || whereHelpIs(named))),
    })
    .helpCommand(false)
    .helpOption("-h, --help", "Print usage")
    .addHelpText("after", "\nRun 'k2-compose COMMAND --help' for more information on a command.");
  for (const option of globalOptions) program.addOption(commanderOption(option));
  program.option("-v, --version", "Show the version information");
  let words = args;
  for (const [name, entry] of Object.entries<Entry>(catalog)) {
    const command = program.command(name).summary(entry.summary).helpGroup(`${entry.group}:`);
    command.aliases(entry.aliases ?? []);
    if (name !== named && !entry.aliases?.includes(named ?? "")) continue;
    const definition = await loadCommand(name);
    describe(command, entry, definition, args);
    words = plainWords(args, definition);
    command.action(() => invoke(invocation(program, command, definition)));
  }
  return { program, words };
}

function plainWords(args: string[], { options = [], passThrough }: Command<never>): string[] {
  const [name, ...words] = wordsFrom(args);
  if (name === undefined || Array.isArray(passThrough)) return args;
  const flags = { options: [...globalOptions, ...options], untilFirst: passThrough === true };
  return [...args.slice(0, args.length - words.length), ...withoutBooleans(words, flags)];
}

/** `--version` is short for the command. */
export function withCommand(args: string[]): string[] {
  const isAsked = args.some((word) => word === "-v" || word === "--version");
  return isAsked && namedCommand(args) === undefined ? ["version", "--short"] : args;
}

/** Short forms are global only before the command, because some commands use the same letters (`logs -f`). */
function misplaced(error: string, command: string | undefined): string {
  const [, short] = /unknown option '(-\w)/.exec(error) ?? [];
  const option = globalOptions.map(commanderOption).find((one) => one.short === short);
  if (short === undefined || !option || command === undefined) return "";
  const value = option.flags.replace(/^.*<(.*)>$/, "$1").toUpperCase();
  return `  ${short} must precede the command: k2-compose ${short} ${value} ${command} (or ${option.long} after it)\n`;
}

function whereHelpIs(command: string | undefined): string {
  const isKnown = Object.entries<Entry>(catalog).some(
    ([name, { aliases }]) => name === command || aliases?.includes(command ?? ""),
  );
  return isKnown
    ? `  See 'k2-compose ${command} --help'.\n`
    : "  See 'k2-compose --help' for all commands.\n";
}

/** The first word that is neither a global option nor its value. */
export function namedCommand(args: string[]): string | undefined {
  return wordsFrom(args)[0];
}

/** The command and the words after it. */
function wordsFrom(args: string[]): string[] {
  let isValue = false;
  for (const [at, arg] of args.entries()) {
    if (!isValue && (!arg.startsWith("-") || arg === "-")) return args.slice(at);
    isValue = !isValue && takesNext(arg);
  }
  return [];
}

function takesNext(arg: string): boolean {
  if (arg.includes("=")) return false;
  return globalOptions
    .map(commanderOption)
    .some(({ short, long, required }) => required && (arg === short || arg === long));
}

function describe(command: Commander, { summary }: Entry, definition: Command<never>, given: string[]): void {
  const { args, options = [], details, examples = [], passThrough } = definition;
  command.description([`${summary}.`, ...(details === undefined ? [] : ["", flowing(details)])].join("\n"));
  // Optional for commander: if no service is named, the command reports which are available.
  if (args === "<service...>") command.argument("[service...]").usage(`[options] ${args}`);
  else if (args !== undefined) for (const arg of args.split(/ (?=[<[])/)) command.argument(arg);
  if (Array.isArray(passThrough) ? passThrough.some((word) => given.includes(word)) : passThrough)
    command.passThroughOptions();
  for (const option of options) command.addOption(commanderOption(option));
  const own = new Set(command.options.flatMap(({ long }) => long ?? []));
  for (const option of globalOptions) {
    const flags = option.flags.replace(/^-\w, /, "");
    if (!own.has(flags.replace(/ .*/, "")))
      command.addOption(commanderOption({ ...option, flags, hidden: true }));
  }
  if (examples.length === 0) return;
  const lines = examples.map(([line, does]) => `  $ k2-compose ${line}\n      ${does}`);
  command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** Joins lines, so that commander wraps the text to the terminal, unless it contains indented lists. */
function flowing(text: string): string {
  return /\n /.test(text) ? text : text.replaceAll(/([^\n])\n(?!\n)/g, "$1 ");
}

/** Merges options given after the command into those given before it. */
function invocation(program: Commander, command: Commander, definition: Command<never>): Invocation {
  const before = program.opts<GlobalOptions>();
  const after: Record<string, unknown> = {};
  const options: Record<string, unknown> = { ...command.opts() };
  const own = new Set((definition.options ?? []).map((option) => commanderOption(option).attributeName()));
  for (const option of globalOptions) {
    const name = commanderOption(option).attributeName();
    if (own.has(name)) continue;
    if (command.getOptionValueSource(name) === "cli")
      after[name] = option.repeatable
        ? [program.getOptionValue(name) ?? [], options[name]].flat()
        : options[name];
    delete options[name];
  }
  return { command: definition, globals: { ...before, ...after }, args: command.args, options };
}
