/** Finds the options with which tests run commands: in strings, and in lists of strings. */
import { catalog, loadCommand } from "../../../cli/catalog.js";
import { commanderOption } from "../../../cli/arguments/option.js";
import { globalOptions } from "../../../cli/arguments/global-options.js";

const literal = String.raw`(?:"[^"\n]*"|\x60[^\x60]*\x60)`;
const item = String.raw`(?:${literal}|[\w.!$()]+)`;
/** The name of a helper counts too: `config("--hash", …)`. */
const list = new RegExp(String.raw`(?:\b\w+\((?:\.\.\.\w+,\s*)?)?${literal}(?:\s*,\s*${item})*`, "g");

/** Returns "up --yes" for each command and option, with the long name of the option if it has one. */
export async function optionsRunIn(sources: string[]): Promise<Set<string>> {
  const lines = sources.flatMap((source) => source.match(list) ?? []);
  const found = await Promise.all(lines.map((line) => optionsOf(line.split(/[\s",\x60[\]{}()']+/))));
  return new Set(found.flat());
}

/** The options after the command, except global ones. */
export async function optionsOf(words: string[]): Promise<string[]> {
  const at = words.findIndex((word) => Object.hasOwn(catalog, word));
  const command = words[at];
  if (command === undefined || !words.slice(at).some((word) => word.startsWith("-"))) return [];
  const { options = [] } = await loadCommand(command);
  const own = options.map((option) => commanderOption(option));
  const others = globalOptions.map((option) => commanderOption(option).long);
  return words
    .slice(at + 1)
    .map((word) => word.replace(/=.*/, ""))
    .map((word) => own.find(({ short, long }) => word === short || word === long))
    .flatMap((option) => option?.long ?? option?.short ?? [])
    .filter((name) => !others.includes(name))
    .map((name) => `${command} ${name}`);
}
