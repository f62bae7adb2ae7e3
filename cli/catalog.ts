/** All commands with what `--help` says of them. The rest of a command is loaded when it runs: `--help` must be quick. */
import type { Command } from "./command.js";

export interface Entry {
  group: "Run" | "Look" | "Act" | "Images" | "Hosts" | "Project";
  summary: string;
  aliases?: string[];
  load(): Promise<{ default: Command<never> }>;
}

export const catalog = {
  ps: { group: "Look", summary: "How the services are", load: () => import("./commands/ps.js") },
  env: {
    group: "Project",
    summary: "What the shell needs for stock `pulumi`",
    load: () => import("./commands/env.js"),
  },
  version: {
    group: "Project",
    summary: "Versions of k2-compose and what it uses",
    load: () => import("./commands/version.js"),
  },
} satisfies Record<string, Entry>;
