/**
 * All commands, with the summaries that `--help` prints. The rest of a command is loaded only when it runs, to keep
 * `--help` fast.
 */
import type { Command } from "./command.js";

export interface Entry {
  group: "Run" | "Look" | "Act" | "Images" | "Inside" | "Hosts" | "Project";
  /** One line, without a full stop. */
  summary: string;
  aliases?: string[];
}

/** In the order of `--help`. Each key is the name of a file in commands/. */
export const catalog = {
  up: { group: "Run", summary: "Create and start containers" },
  preview: {
    group: "Run",
    summary: "Show what up would change, without changing anything",
    aliases: ["diff"],
  },
  rollback: { group: "Run", summary: "Roll back to an earlier deployment" },
  create: { group: "Run", summary: "Create containers without starting them" },
  scale: { group: "Run", summary: "Scale services" },
  watch: { group: "Run", summary: "Watch files, and sync, rebuild or restart services when they change" },
  down: { group: "Run", summary: "Stop and remove containers and networks" },
  refresh: { group: "Run", summary: "Update the state from the containers on the hosts" },

  ps: { group: "Look", summary: "List containers" },
  show: { group: "Look", summary: "Show which services run on which hosts, or one service's configuration" },
  logs: { group: "Look", summary: "View output from containers" },
  top: { group: "Look", summary: "Display the running processes" },
  port: { group: "Look", summary: "Print the public port for a port binding" },
  stats: { group: "Look", summary: "Display a live stream of container resource usage statistics" },
  events: { group: "Look", summary: "Receive real-time events from containers" },
  inspect: {
    group: "Look",
    summary: "Show the images of services, and whether containers run the current ones",
  },
  volumes: { group: "Look", summary: "List volumes" },
  ls: { group: "Look", summary: "List compose projects on all hosts" },

  start: { group: "Act", summary: "Start services" },
  stop: { group: "Act", summary: "Stop services" },
  restart: { group: "Act", summary: "Restart service containers" },
  kill: { group: "Act", summary: "Force stop service containers" },
  pause: { group: "Act", summary: "Pause services" },
  unpause: { group: "Act", summary: "Unpause services" },
  rm: { group: "Act", summary: "Remove stopped service containers" },
  wait: { group: "Act", summary: "Block until the containers of services stop" },

  bash: { group: "Inside", summary: "Open a shell in a running container" },
  exec: { group: "Inside", summary: "Execute a command in a running container" },
  run: { group: "Inside", summary: "Run a one-off command on a service" },
  attach: {
    group: "Inside",
    summary: "Attach local standard input, output and error streams to a running container",
  },
  cp: {
    group: "Inside",
    summary: "Copy files and folders between a service container and the local filesystem",
  },
  help: {
    group: "Inside",
    summary: "Print the documentation in a service's image (/docs), or help on a command",
  },

  pull: { group: "Images", summary: "Pull service images" },
  build: { group: "Images", summary: "Build or rebuild services" },
  push: { group: "Images", summary: "Push service images" },
  images: { group: "Images", summary: "List current and previous images of services" },
  save: { group: "Images", summary: "Tag and push the images of running containers" },

  hosts: { group: "Hosts", summary: "List hosts, print connection settings, or connect by ssh" },
  agent: { group: "Hosts", summary: "Report metrics of hosts and services until interrupted" },
  "forget-host": { group: "Hosts", summary: "Remove a lost host from the state" },

  config: { group: "Project", summary: "Parse, resolve and render compose files in canonical format" },
  schema: { group: "Project", summary: "Print the JSON Schema of compose files, for editors" },
  env: { group: "Project", summary: "Print the environment variables that stock `pulumi` needs" },
  completion: { group: "Project", summary: "Generate completion scripts for bash, zsh or fish" },
  version: { group: "Project", summary: "Show the version information" },
} satisfies Record<string, Entry>;

export async function loadCommand(name: string): Promise<Command<never>> {
  const { default: command } = (await import(`./commands/${name}.js`)) as { default: Command<never> };
  return command;
}
