import type { Option } from "./option.js";

/** Options of every command. They are placed before the command; their long forms can also follow it. */
export interface GlobalOptions {
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
  { flags: "--parallel <n>", does: "Control max parallelism", number: true },
  { flags: "--no-color", does: "Produce monochrome output (as NO_COLOR does)" },
];
