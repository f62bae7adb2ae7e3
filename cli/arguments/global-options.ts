import type { Option } from "./option.js";

/** Options of every command. They stand before the command; their long forms are understood behind it too. */
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
  { flags: "-f, --file <file>", does: "Compose file; several are merged in order", repeatable: true },
  { flags: "--url <url>", does: "Fetch the compose file from here (or DEPLOYMENT_URL)" },
  { flags: "-p, --project-name <name>", does: "Name of the project" },
  {
    flags: "--project-directory <folder>",
    does: "Where relative paths begin; default: the folder of the first file",
  },
  { flags: "--env-file <file>", does: "Variables for the compose file, instead of .env", repeatable: true },
  { flags: "--profile <name>", does: "Enable a profile", repeatable: true },
  { flags: "--stack <stack>", does: "Pulumi stack; default: the selected one, or the project's name" },
  { flags: "--parallel <n>", does: "How much is done at a time", number: true },
  { flags: "--no-color", does: "Plain text (as NO_COLOR does)" },
];
