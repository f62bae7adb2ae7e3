/**
 * All commands, with the summaries that `--help` prints. The rest of a command is loaded only when it runs, to keep
 * `--help` fast.
 */
import type { Command } from "./command.js";

export interface Entry {
  group: "Deploy" | "Inspect" | "Manage" | "Containers" | "Images" | "Hosts" | "Project";
  /** One line, without a full stop. */
  summary: string;
  aliases?: string[];
}

/** In the order of `--help`. Each key is the name of a file in commands/. */
export const catalog = {
  up: { group: "Deploy", summary: "Create and start containers" },
  preview: {
    group: "Deploy",
    summary: "Show what up would change, without changing anything",
    aliases: ["diff"],
  },
  rollback: { group: "Deploy", summary: "Roll back to an earlier deployment" },
  create: { group: "Deploy", summary: "Create containers for a service, without starting them" },
  scale: { group: "Deploy", summary: "Scale services" },
  watch: {
    group: "Deploy",
    summary: "Watch build context for service and rebuild/refresh containers when files are updated",
  },
  down: { group: "Deploy", summary: "Stop and remove containers, networks" },
  refresh: { group: "Deploy", summary: "Update the state from the containers on the hosts" },

  ps: { group: "Inspect", summary: "List containers" },
  show: {
    group: "Inspect",
    summary: "Show which services run on which hosts, or one service's configuration",
  },
  viz: { group: "Inspect", summary: "Generate a graphviz graph from your compose file" },
  logs: { group: "Inspect", summary: "View output from containers" },
  top: { group: "Inspect", summary: "Display the running processes" },
  port: { group: "Inspect", summary: "Print the public port for a port binding" },
  stats: { group: "Inspect", summary: "Display a live stream of container(s) resource usage statistics" },
  events: { group: "Inspect", summary: "Receive real time events from containers" },
  inspect: {
    group: "Inspect",
    summary: "Show the images of services, and whether containers run the current ones",
  },
  volumes: { group: "Inspect", summary: "List volumes" },
  ls: { group: "Inspect", summary: "List running compose projects on all hosts" },

  start: { group: "Manage", summary: "Start services" },
  stop: { group: "Manage", summary: "Stop services" },
  restart: { group: "Manage", summary: "Restart service containers" },
  kill: { group: "Manage", summary: "Force stop service containers" },
  pause: { group: "Manage", summary: "Pause services" },
  unpause: { group: "Manage", summary: "Unpause services" },
  rm: { group: "Manage", summary: "Remove stopped service containers" },
  wait: { group: "Manage", summary: "Block until containers of specified services stop" },

  bash: { group: "Containers", summary: "Open a shell in a running container" },
  exec: { group: "Containers", summary: "Execute a command in a running container" },
  run: { group: "Containers", summary: "Run a one-off command on a service" },
  attach: {
    group: "Containers",
    summary: "Attach local standard input, output, and error streams to a service's running container",
  },
  cp: {
    group: "Containers",
    summary: "Copy files/folders between a service container and the local filesystem",
  },
  export: { group: "Containers", summary: "Export a service container's filesystem as a tar archive" },
  commit: {
    group: "Containers",
    summary: "Create a new image from a service container's changes",
  },

  pull: { group: "Images", summary: "Pull service images" },
  build: { group: "Images", summary: "Build or rebuild services" },
  push: { group: "Images", summary: "Push service images" },
  images: {
    group: "Images",
    summary: "List images used by the created containers, or previous images of services",
  },
  save: { group: "Images", summary: "Tag and push the images of running containers" },

  hosts: { group: "Hosts", summary: "List hosts, print connection settings, or connect by ssh" },
  agent: { group: "Hosts", summary: "Report metrics of hosts and services until interrupted" },
  "forget-host": { group: "Hosts", summary: "Remove a lost host from the state" },

  config: { group: "Project", summary: "Parse, resolve and render compose file in canonical format" },
  schema: { group: "Project", summary: "Print the JSON Schema of compose files, for editors" },
  env: { group: "Project", summary: "Print the environment variables that stock `pulumi` needs" },
  completion: { group: "Project", summary: "Generate completion scripts for bash, zsh or fish" },
  help: {
    group: "Project",
    summary: "Print help on a command, or the documentation in a service's image (/docs)",
  },
  version: { group: "Project", summary: "Show the version information" },
} satisfies Record<string, Entry>;

export async function loadCommand(name: string): Promise<Command<never>> {
  const { default: command } = (await import(`./commands/${name}.js`)) as { default: Command<never> };
  return command;
}
