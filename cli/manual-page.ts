/** A page of the manual for each command, from the command's own definition. */
import { catalog, type Entry } from "./catalog.js";
import type { Command } from "./command.js";
import type { Option } from "./arguments/option.js";
import { exitCodes } from "./terminal/exit-codes.js";
import { globalOptions } from "./arguments/global-options.js";

export function page(name: string, { summary, aliases = [] }: Entry, command: Command<never>): string {
  const { args, options = [], details, examples = [] } = command;
  const shown = options.filter(({ hidden }) => !hidden);
  const usage = ["k2-compose", name, shown.length > 0 ? "[options]" : "", args ?? ""]
    .filter(Boolean)
    .join(" ");
  return sections([
    `# ${name}`,
    `${summary}.`,
    block("sh", usage),
    aliases.length > 0 ? `Also called ${aliases.map((alias) => `\`${alias}\``).join(", ")}.` : "",
    details === undefined ? "" : asMarkdown(details),
    shown.length > 0 ? `## Options\n\n${optionTable(shown)}` : "",
    examples.length > 0
      ? `## Examples\n\n${examples.map(([line, does]) => `- \`k2-compose ${line}\`: ${does}`).join("\n")}`
      : "",
    "Global options and exit codes: [commands](README.md).",
  ]);
}

export function overview(): string {
  const lists = [...grouped()].map(([group, entries]) => {
    const lines = entries.map(([name, { summary }]) => `| [${name}](${name}.md) | ${summary} |`);
    return `## ${group}\n\n| command | what it does |\n|:---|:---|\n${lines.join("\n")}`;
  });
  return sections([
    "# Commands",
    block("sh", "k2-compose [global options] COMMAND [options] [arguments]"),
    ...lists,
    `## Global options\n\nThey stand before the command; their long forms are understood behind it too.\n\n${optionTable(globalOptions)}`,
    `## Names of services\n\n${names}`,
    `## Exit codes\n\n${exitCodeTable()}`,
    `## Other than in the original k2-compose\n\n${deviations}`,
    `## Other than in docker compose\n\n${elsewhere}`,
  ]);
}

const names =
  "`*`, `?` and `[0-9]` stand for characters of names; quote them. `web@b` is the service web on the host b. What\n" +
  "matches nothing is an error that lists what there is. Commands that act on everything ask first: `-y` answers, and\n" +
  "where there is no terminal to ask in, they want names or `-y`.";

const deviations = [
  "Containers are called `project-service-1`, as docker compose calls them; `naming: legacy` in the file keeps `project_service_1`, with no - or _ in the project's name.",
  "Names of services take globs, not regular expressions.",
  "`up` on a service that runs compares it with the file, instead of refusing to. It prints its plan and what becomes of it, instead of `Creating NAME`, and waits for health checks to pass.",
  "Not only `stop` and `pull` ask before they act on everything: `restart`, `kill` and `pause` do so, too.",
  "What is no answer but about it is on standard error: why a service is in error, `Attaching to …`, and what the next `up` makes of a `stop` or `rm`.",
  "Errors say which host, what, and what to do, instead of `ERROR: 409 Client Error`; exit codes are those above.",
  "Tables that are wider than the terminal are folded.",
  "`pull` shows in a terminal how far each layer is; what is complete, digest and status stay.",
  "`save` marks what is chosen as the original does; what was ready is marked at the beginning.",
  "`ps` tells `starting`, `restarting`, `paused` and `unreachable` apart from `running` and `error`.",
  "Services that do not depend on each other start and stop side by side; the words are printed in the original's order.",
  "`agent` prints what it has sent, `send success […]`, as JSON instead of Python.",
  "`agent` counts the further replicas of a service as `service_2`, `service_3`.",
]
  .map((line) => `- ${line}`)
  .join("\n");

const elsewhere = [
  "`up` ends when all is as it should be, instead of staying; `--attach` stays. `up --watch` shows no logs, and there is no `--menu`.",
  "There is no `--dry-run`: `preview` says what `up` would do.",
  "What `build` was told on the command line (`--build-arg`) is what the next `up` runs, here too; what the file says is what an image counts as built of.",
  "`build --check` and `--builder` are refused: each host builds with its own engine. `--print` is docker compose's.",
  "`kill` leaves containers of `run` alone; `--remove-orphans` sends the signal to orphans, as there, and removes none.",
  "`watch` removes images that its own rebuilds have replaced, and no others.",
  "`config --models` is always empty: files with models are refused.",
]
  .map((line) => `- ${line}`)
  .join("\n");

function optionTable(options: Option[]): string {
  const rows = options.map((option) => `| \`${option.flags}\` | ${cell(option)} |`);
  return ["| option | what it does |", "|:---|:---|", ...rows].join("\n");
}

function cell({ does, repeatable, choices, default: otherwise }: Option): string {
  const notes = [
    repeatable ? "several times" : "",
    choices && !choices.every((choice) => does.includes(choice)) ? `one of ${choices.join(", ")}` : "",
    otherwise === undefined || otherwise === "" || otherwise === false ? "" : `default ${String(otherwise)}`,
  ].filter(Boolean);
  return escaped(notes.length === 0 ? does : `${does} (${notes.join("; ")})`);
}

function exitCodeTable(): string {
  const rows = Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  const own = "`exec`, `bash`, `run` and `wait` end with the code of what ran.";
  return `| code | meaning |\n|:---|:---|\n| 0 | done |\n${[...new Set(rows)].join("\n")}\n\n${own}`;
}

/** Lists in a command's details are indented, which Markdown would take for code. */
function asMarkdown(details: string): string {
  return /^ {2}\S/m.test(details) ? block("", details) : details;
}

function block(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*");
}

function sections(parts: string[]): string {
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function grouped(): Map<string, [string, Entry][]> {
  const groups = new Map<string, [string, Entry][]>();
  for (const entry of Object.entries<Entry>(catalog))
    groups.set(entry[1].group, [...(groups.get(entry[1].group) ?? []), entry]);
  return groups;
}
