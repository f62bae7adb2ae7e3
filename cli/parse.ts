/** The catalog as commander's commands. Only the command that is named is loaded: `--help` must be quick. */
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

/** The program, and the words that it is to be given. */
export async function commandLine(
  args: string[],
  world: World,
  invoke: Invoke,
): Promise<{ program: Commander; words: string[] }> {
  const named = namedCommand(args);
  const program = new Commander("k2-compose")
    .description("Compose applications on many Docker hosts")
    .usage("[global options] COMMAND")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      outputError: (text, write) => write(text + (misplaced(text, named) || whereHelpIs(named))),
    })
    .helpCommand(false)
    .addHelpText("after", "\nk2-compose COMMAND --help says more about a command.");
  for (const option of globalOptions) program.addOption(commanderOption(option));
  program.option("-v, --version", "The version of k2-compose");
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

/** `--version` is a command's short form. */
export function withCommand(args: string[]): string[] {
  const isAsked = args.some((word) => word === "-v" || word === "--version");
  return isAsked && namedCommand(args) === undefined ? ["version", "--short"] : args;
}

/** Short forms mean other things behind some commands (`logs -f`), so they are global only before all of them. */
function misplaced(error: string, command: string | undefined): string {
  const [, short] = /unknown option '(-\w)/.exec(error) ?? [];
  const option = globalOptions.map(commanderOption).find((one) => one.short === short);
  if (short === undefined || !option || command === undefined) return "";
  const value = option.flags.replace(/^.*<(.*)>$/, "$1").toUpperCase();
  return `  ${short} stands before the command: k2-compose ${short} ${value} ${command} (or ${option.long} behind it)\n`;
}

function whereHelpIs(command: string | undefined): string {
  const isKnown = Object.entries<Entry>(catalog).some(
    ([name, { aliases }]) => name === command || aliases?.includes(command ?? ""),
  );
  return isKnown
    ? `  \`k2-compose ${command} --help\` says what it takes.\n`
    : "  `k2-compose --help` lists the commands.\n";
}

/** The first word that is neither a global option nor its value. */
export function namedCommand(args: string[]): string | undefined {
  return wordsFrom(args)[0];
}

/** The command and what is behind it. */
function wordsFrom(args: string[]): string[] {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (!arg.startsWith("-") || arg === "-") return args.slice(at);
    if (takesNext(arg)) at++;
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
  // Who names no service is told which there are, and those are known later.
  if (args === "<service...>") command.argument("[service...]").usage(`[options] ${args}`);
  else if (args !== undefined) for (const arg of args.split(/ (?=[<[])/)) command.argument(arg);
  if (Array.isArray(passThrough) ? passThrough.some((word) => given.includes(word)) : passThrough)
    command.passThroughOptions();
  for (const option of options) command.addOption(commanderOption(option));
  const own = new Set(command.options.flatMap(({ long }) => long ?? []));
  for (const option of globalOptions) {
    const flags = option.flags.replace(/^-\w, /, "");
    if (!own.has(flags.split(" ")[0]!))
      command.addOption(commanderOption({ ...option, flags, hidden: true }));
  }
  if (examples.length === 0) return;
  const lines = examples.map(([line, does]) => `  $ k2-compose ${line}\n      ${does}`);
  command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** The terminal is to break lines, not we: but those of lists stay, and commander then leaves all of them. */
function flowing(text: string): string {
  return /\n /.test(text) ? text : text.replaceAll(/([^\n])\n(?!\n)/g, "$1 ");
}

/** What was given behind the command joins what was given before it. */
function invocation(program: Commander, command: Commander, definition: Command<never>): Invocation {
  const globals: Record<string, unknown> = { ...program.opts() };
  const options: Record<string, unknown> = { ...command.opts() };
  const own = new Set((definition.options ?? []).map((option) => commanderOption(option).attributeName()));
  for (const option of globalOptions) {
    const name = commanderOption(option).attributeName();
    if (own.has(name)) continue;
    const before = globals[name];
    if (command.getOptionValueSource(name) === "cli")
      globals[name] =
        option.repeatable && Array.isArray(before)
          ? [...(before as string[]), ...(options[name] as string[])]
          : options[name];
    delete options[name];
  }
  return { command: definition, globals: globals as unknown as GlobalOptions, args: command.args, options };
}
