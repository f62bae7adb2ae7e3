/** What may follow on a command line. */
import { catalog, type Entry, loadCommand } from "../catalog.js";
import { type Option } from "../command.js";
import { Context } from "../context.js";
import { globalOptions } from "../globals.js";
import { namedCommand } from "../parse.js";

/** `words` are those behind "k2-compose"; the last one is being written. */
export async function candidates(context: Context, words: string[]): Promise<string[]> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const name = namedCommand(before);
  const all =
    name === undefined ? atTop(current) : await ofCommand(asWritten(context, before), name, before, current);
  return all.filter((candidate) => candidate.startsWith(current));
}

/** The files and project of the line that is being written. */
function asWritten({ world, options, interrupts }: Context, words: string[]): Context {
  const file = valuesOf(words, "-f", "--file");
  const projectName = valuesOf(words, "-p", "--project-name").at(-1);
  return new Context(
    world,
    { ...options, ...(file.length > 0 && { file }), ...(projectName && { projectName }) },
    interrupts,
  );
}

/** Before the command only: behind it -f is another option. */
function valuesOf(words: string[], ...flags: string[]): string[] {
  const end = words.indexOf(namedCommand(words) ?? "");
  const before = end < 0 ? words : words.slice(0, end);
  return before.filter((_, at) => at > 0 && flags.includes(before[at - 1]!));
}

function atTop(current: string): string[] {
  return current.startsWith("-") ? flagsOf(globalOptions) : Object.keys(catalog);
}

async function ofCommand(
  context: Context,
  name: string,
  before: string[],
  current: string,
): Promise<string[]> {
  const known = Object.entries<Entry>(catalog).find(
    ([key, { aliases }]) => key === name || aliases?.includes(name),
  );
  if (!known) return [];
  const { options = [], args = "" } = await loadCommand(known[0]);
  const asking = options.find(
    ({ flags }) => before.at(-1)?.startsWith("-") && flags.split(/[ ,]+/).includes(before.at(-1)!),
  );
  const values = asking?.choices ?? asking?.suggestions;
  if (values) return values;
  if (current.startsWith("-")) return flagsOf(options.filter(({ hidden }) => !hidden));
  if (/host/.test(args)) return (await context.application()).hosts.map((host) => host.name);
  if (known[0] === "help") return [...(await services(context)), ...Object.keys(catalog)];
  return /service/.test(args) ? services(context) : [];
}

async function services(context: Context): Promise<string[]> {
  const { members } = await context.application();
  return [...new Set(members.map(({ service }) => service))];
}

function flagsOf(options: Option[]): string[] {
  return options.flatMap(({ flags }) => flags.split(/[ ,]+/).filter((word) => word.startsWith("--")));
}
