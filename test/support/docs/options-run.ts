/** Finds the options with which tests run commands: in strings, and in lists of strings. */
import { catalog, loadCommand } from "../../../cli/catalog.js";
import { commanderOption } from "../../../cli/arguments/option.js";
import { globalOptions } from "../../../cli/arguments/global-options.js";

const literal = String.raw`(?:"[^"\n]*"|\x60[^\x60]*\x60)`;
const item = String.raw`(?:${literal}|[\w.!$()]+)`;
/** The name of a helper counts too: `config("--hash", …)`. */
const list = new RegExp(String.raw`(?:\b\w+\((?:\.\.\.\w+,\s*)?)?${literal}(?:\s*,\s*${item})*`, "g");

/** The long name of each option by its flags, or its short name if it has no other, by command. */
type Flags = Map<string, Map<string, string>>;

export async function flagsOfCommands(): Promise<Flags> {
  const others = globalOptions.map((option) => commanderOption(option).long);
  const flagsOf = async (command: string) => {
    const { options = [] } = await loadCommand(command);
    const own = options.map((option) => commanderOption(option)).filter(({ long }) => !others.includes(long));
    return new Map(
      own.flatMap(({ short, long }) => [short, long].flatMap((flag) => (flag ? [[flag, long ?? flag]] : []))),
    );
  };
  const names = Object.keys(catalog);
  return new Map(await Promise.all(names.map(async (name) => [name, await flagsOf(name)] as const)));
}

/** Returns "up --yes" for each command and option. */
export function optionsRunIn(sources: string[], flags: Flags): Set<string> {
  const lines = sources.flatMap((source) => source.match(list) ?? []);
  return new Set(
    lines
      .filter((line) => /["\x60 ]-/.test(line))
      .flatMap((line) => optionsOf(line.split(/[\s",\x60[\]{}()']+/), flags)),
  );
}

/** The options after the command, except global ones. */
export function optionsOf(words: string[], flags: Flags): string[] {
  const at = words.findIndex((word) => flags.has(word));
  const command = words[at] ?? "";
  return words
    .slice(at + 1)
    .flatMap((word) => flags.get(command)?.get(word.replace(/=.*/, "")) ?? [])
    .map((name) => `${command} ${name}`);
}
