import type { Appearance } from "../terminal/colour.js";
import type { Option } from "./option.js";

/** Options of every command. They are placed before the command; their long forms can also follow it. */
export interface GlobalOptions extends Appearance {
  file?: string[];
  url?: string;
  projectName?: string;
  projectDirectory?: string;
  envFile?: string[];
  profile?: string[];
  stack?: string;
  parallel?: number;
  color: boolean;
}

export const globalOptions: Option[] = [
  {
    flags: "-f, --file <file>",
    does: "Compose configuration files; several are merged in order",
    repeatable: true,
  },
  { flags: "--url <url>", does: "Download the compose file from this URL (or DEPLOYMENT_URL)" },
  { flags: "-p, --project-name <name>", does: "Project name" },
  {
    flags: "--project-directory <folder>",
    does: "Specify an alternate working directory (default: the folder of the first compose file)",
  },
  { flags: "--env-file <file>", does: "Specify an alternate environment file", repeatable: true },
  { flags: "--profile <name>", does: "Specify a profile to enable", repeatable: true },
  { flags: "--stack <stack>", does: "Pulumi stack (default: the selected stack, or the project name)" },
  {
    flags: "--parallel <n>",
    does: "Control max parallelism, -1 for the default (or COMPOSE_PARALLEL_LIMIT)",
    number: true,
    least: -1,
    variable: "COMPOSE_PARALLEL_LIMIT",
  },
  { flags: "--no-color", does: "Produce monochrome output (as NO_COLOR does)" },
  {
    flags: "--ansi <when>",
    does: "Control when to print ANSI control characters: never, always or auto (or COMPOSE_ANSI)",
    choices: ["never", "always", "auto"],
    variable: "COMPOSE_ANSI",
  },
  {
    flags: "--progress <type>",
    does: "Set type of progress output: auto, tty, plain, json, quiet or none (or COMPOSE_PROGRESS)",
    choices: ["auto", "tty", "plain", "json", "quiet", "none"],
    variable: "COMPOSE_PROGRESS",
  },
];
