/** Computes the completion candidates of a command line. */
import { setTimeout as sleep } from "node:timers/promises";
import { byNumber } from "../terminal/natural-order.js";
import { catalog, type Entry, loadCommand } from "../catalog.js";
import { type Option } from "../arguments/option.js";
import type { Context } from "../application/context.js";
import { globalOptions } from "../arguments/global-options.js";
import { namedCommand } from "../parse.js";

/** `words` follow "k2-compose"; the last one is being typed. */
export async function candidates(context: Context, words: string[]): Promise<string[]> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const name = namedCommand(before);
  if (name === undefined) return matching(atTop(before, current), current);
  const written = asWritten(context, before);
  try {
    return matching(await ofCommand(written, name, before, current), current);
  } finally {
    await written.close();
  }
}

function matching(all: string[], current: string): string[] {
  return all.filter((candidate) => candidate.startsWith(current));
}

/** Files and project of the command line being completed. */
function asWritten(context: Context, words: string[]): Context {
  const file = valuesOf(words, "-f", "--file");
  const projectName = valuesOf(words, "-p", "--project-name").at(-1);
  return context.with({ ...(file.length > 0 && { file }), ...(projectName && { projectName }) });
}

/** Global only before the command: -f is another option after it. */
function valuesOf(words: string[], ...flags: string[]): string[] {
  const end = words.indexOf(namedCommand(words) ?? "");
  const before = end < 0 ? words : words.slice(0, end);
  return before.flatMap((word, at) => (flags.includes(word) ? (before[at + 1] ?? []) : []));
}

function atTop(before: string[], current: string): string[] {
  if (awaitsValue(globalOptions, before)) return [];
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
  const { options = [], args = "", completes = [] } = await loadCommand(known[0]);
  const asking = awaitsValue([...options, ...globalAfterCommand], before);
  if (asking) return asking.choices ?? asking.suggestions ?? [];
  if (current.startsWith("-")) return flagsOf(options.filter(({ hidden }) => !hidden));
  const at = argumentsIn(before.slice(before.indexOf(name) + 1), options);
  const asked = completes[at] ?? kindOf(args, at);
  if (Array.isArray(asked)) return asked;
  if (asked === "hosts") return (await context.application()).hosts.map((host) => host.name);
  if (known[0] === "help" && at === 0) return [...(await services(context)), ...Object.keys(catalog)];
  return asked === "services" ? services(context) : [];
}

/** Short forms are global only before the command. */
const globalAfterCommand = globalOptions.map((option) => ({
  ...option,
  flags: option.flags.replace(/^-\w, /, ""),
}));

/** The option whose value is being typed; options without a value have none. */
function awaitsValue(options: Option[], before: string[]): Option | undefined {
  const last = before.at(-1) ?? "";
  return options.find(({ flags }) => flags.includes("<") && flags.split(/[ ,]+/).includes(last));
}

/** How many of the words are arguments. */
function argumentsIn(words: string[], options: Option[]): number {
  const all = [...options, ...globalAfterCommand];
  return words.filter((word, at) => !word.startsWith("-") && !awaitsValue(all, words.slice(0, at))).length;
}

/** Kind of the argument at this index, from its name in "[service...]" or "<service> [command...]". */
function kindOf(args: string, at: number): "services" | "hosts" | undefined {
  const names = args.split(/ (?=[<[])/);
  const last = names.at(-1) ?? "";
  const name = names[at] ?? (last.includes("...") ? last : "");
  if (/host/.test(name)) return "hosts";
  return /service/.test(name) ? "services" : undefined;
}

async function services(context: Context): Promise<string[]> {
  const { members } = await context.application();
  const found = members.length > 0 ? members : await labelled(context);
  return [...new Set(found.map(({ service }) => service))].sort(byNumber.compare);
}

/** With `-p NAME` only the engines know the services. The user waits for the candidates, so the time is limited. */
function labelled(context: Context): Promise<{ service: string }[]> {
  const live = context.live().then(({ services: found }) => found);
  return Promise.race([live, sleep(completionTimeout).then(() => [])]);
}

/** Milliseconds. */
const completionTimeout = 1_500;

function flagsOf(options: Option[]): string[] {
  return options.flatMap(({ flags }) => flags.split(/[ ,]+/).filter((word) => word.startsWith("--")));
}
