/** Makes a manual page for each command from its definition. */
import { catalog, type Entry } from "./catalog.js";
import type { Command } from "./command.js";
import type { Option } from "./arguments/option.js";
import { exitCodes } from "./terminal/exit-codes.js";
import { globalOptions } from "./arguments/global-options.js";
import { addTo } from "../provider/shared/grouped.js";

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
    aliases.length > 0 ? `Alias: ${aliases.map((alias) => `\`${alias}\``).join(", ")}.` : "",
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
    return `## ${group}\n\n| command | description |\n|:---|:---|\n${lines.join("\n")}`;
  });
  return sections([
    "# Commands",
    block("sh", "k2-compose [global options] COMMAND [options] [arguments]"),
    ...lists,
    `## Global options\n\nGlobal options are placed before the command. Their long forms can also follow it.\n\n${optionTable(globalOptions)}`,
    `## Names of services\n\n${names}`,
    `## Exit codes\n\n${exitCodeTable()}`,
    `## Differences from the original k2-compose\n\n${deviations}`,
    `## Differences from docker compose\n\n${elsewhere}`,
  ]);
}

const names =
  "`*`, `?` and `[0-9]` match characters of service names; quote them. `web@b` is the service web on host b. A name that\n" +
  "matches no service is an error that lists the available ones. In a terminal, commands that act on all services ask for\n" +
  "confirmation, unless `-y` is given. Without a terminal they do not ask, as in docker compose.";

const deviations = [
  "Containers are named `project-service-1`, as in docker compose; `naming: legacy` in the file keeps `project_service_1`, without - or _ in the project name.",
  "Service names can be globs, not regular expressions.",
  "`up` on a running service compares it with the file instead of refusing. It prints the planned changes and the progress instead of `Creating NAME`, and waits for health checks to pass.",
  "`restart`, `kill` and `pause` ask for confirmation before they act on all services, not only `stop` and `pull`.",
  "Messages go to standard error: why a service is in error, `Attaching to …`, and what the next `up` does after a `stop` or `rm`.",
  "Errors name the host, the cause and a solution, instead of `ERROR: 409 Client Error`; exit codes are listed above.",
  "`ps` shows the names of hosts instead of addresses. `pull` names the host if there are several.",
  "Tables that are wider than the terminal are wrapped; `ps` first leaves out columns that tell nothing.",
  "`pull` shows the progress of each layer in a terminal; digest and status are kept.",
  "`save` marks selected images as the original does; images that are ready are selected at the start.",
  "`ps` distinguishes `starting`, `restarting`, `paused` and `unreachable` from `running` and `error`.",
  "Services that do not depend on each other start and stop in parallel; messages are printed in the original's order.",
  "`agent` prints sent metrics, `send success […]`, as JSON instead of Python.",
  "`agent` numbers further replicas of a service: `service_2`, `service_3`.",
]
  .map((line) => `- ${line}`)
  .join("\n");

const elsewhere = [
  "`up` is detached by default; `--attach` follows the logs. `up --watch` shows no logs. There is no `--menu`.",
  "The error for an option of docker compose that k2-compose lacks names a substitute. [Variables](../variables.md) of docker compose count, except COMPOSE_MENU.",
  "There is no `--dry-run`: use `preview`.",
  "An image built with `build --build-arg` is what the next `up` runs, as in docker compose; whether to rebuild is decided from the file alone.",
  "`build --check` and `--builder` are not supported: each host builds with its own engine. `--print` prints the same document as docker compose.",
  "`kill` ignores containers of `run`; `--remove-orphans` sends the signal to orphans, as in docker compose, and does not remove them.",
  "`watch` removes only images that its own rebuilds have replaced.",
  "`config --models` is always empty: models are not supported.",
]
  .map((line) => `- ${line}`)
  .join("\n");

function optionTable(options: Option[]): string {
  const rows = options.map((option) => `| \`${option.flags}\` | ${cell(option)} |`);
  return ["| option | description |", "|:---|:---|", ...rows].join("\n");
}

function cell({ does, repeatable, choices, default: otherwise }: Option): string {
  const notes = [
    repeatable ? "can be repeated" : "",
    choices && !choices.every((choice) => does.includes(choice)) ? `one of ${choices.join(", ")}` : "",
    otherwise === undefined || otherwise === "" || otherwise === false ? "" : `default ${String(otherwise)}`,
  ].filter(Boolean);
  return escaped(notes.length === 0 ? does : `${does} (${notes.join("; ")})`);
}

function exitCodeTable(): string {
  const rows = Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  const own = "`exec`, `bash`, `run` and `wait` exit with the code of the command or container.";
  return `| code | meaning |\n|:---|:---|\n| 0 | done |\n${[...new Set(rows)].join("\n")}\n\n${own}`;
}

/** Markdown would take the indented lists in a command's details for code. */
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
  for (const entry of Object.entries<Entry>(catalog)) addTo(groups, entry[1].group, entry);
  return groups;
}
