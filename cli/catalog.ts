/** All commands with what `--help` says of them. The rest of a command is loaded when it runs: `--help` must be quick. */
import type { Command } from "./command.js";

export interface Entry {
  group: "Run" | "Look" | "Act" | "Images" | "Inside" | "Hosts" | "Project";
  /** One line, without a full stop. */
  summary: string;
  aliases?: string[];
}

/** In the order of `--help`. The name is that of the file in commands/. */
export const catalog = {
  up: { group: "Run", summary: "Make everything as the file says" },
  preview: { group: "Run", summary: "Show what up would change, and change nothing", aliases: ["diff"] },
  rollback: { group: "Run", summary: "Go back to an earlier deployment" },
  create: { group: "Run", summary: "Create containers, and start none" },
  scale: { group: "Run", summary: "More or fewer containers of services" },
  watch: { group: "Run", summary: "Sync files, restart or rebuild as files change" },
  down: { group: "Run", summary: "Remove what was deployed; volumes stay" },
  refresh: { group: "Run", summary: "Bring the state in line with what the engines hold" },

  ps: { group: "Look", summary: "How the services are" },
  show: { group: "Look", summary: "Which service is where; or all parameters of one" },
  logs: { group: "Look", summary: "What services write, together" },
  top: { group: "Look", summary: "Processes of services" },
  port: { group: "Look", summary: "Where a port of a service can be reached" },
  stats: { group: "Look", summary: "CPU, memory and traffic of services" },
  events: { group: "Look", summary: "What happens to containers, as it happens" },
  inspect: { group: "Look", summary: "Images of services, and whether they still match" },
  volumes: { group: "Look", summary: "Volumes of the project" },
  ls: { group: "Look", summary: "Compose projects on all hosts" },

  start: { group: "Act", summary: "Start services that are stopped" },
  stop: { group: "Act", summary: "Stop services, dependents first" },
  restart: { group: "Act", summary: "Stop and start services, one after the other" },
  kill: { group: "Act", summary: "Send a signal to services" },
  pause: { group: "Act", summary: "Freeze services" },
  unpause: { group: "Act", summary: "Let frozen services go on" },
  rm: { group: "Act", summary: "Remove containers of services" },
  wait: { group: "Act", summary: "Wait until services stop" },

  bash: { group: "Inside", summary: "A shell in a service's container" },
  exec: { group: "Inside", summary: "Run a command in a service's container" },
  run: { group: "Inside", summary: "Run a command in a new container of a service" },
  attach: { group: "Inside", summary: "Attach to a service's main process" },
  cp: { group: "Inside", summary: "Copy files to or from a service's container" },
  help: { group: "Inside", summary: "What a service's image says in its /docs; or about a command" },

  pull: { group: "Images", summary: "Pull the images of services on their hosts" },
  build: { group: "Images", summary: "Build the images of services" },
  push: { group: "Images", summary: "Push what is built to its registry" },
  images: { group: "Images", summary: "Images that services run, and ran before" },
  save: { group: "Images", summary: "Tag and push the images that run" },

  hosts: { group: "Hosts", summary: "The hosts: list, variables, address, shell" },
  agent: { group: "Hosts", summary: "Report the state of hosts and services, for ever" },
  "forget-host": { group: "Hosts", summary: "Drop a host that will not come back from the state" },

  config: { group: "Project", summary: "The compose file as it is understood" },
  schema: { group: "Project", summary: "JSON Schema of compose files, for editors" },
  env: { group: "Project", summary: "What the shell needs for stock `pulumi`" },
  completion: { group: "Project", summary: "Completion for bash, zsh or fish" },
  version: { group: "Project", summary: "Versions of k2-compose and what it uses" },
} satisfies Record<string, Entry>;

export async function loadCommand(name: string): Promise<Command<never>> {
  const { default: command } = (await import(`./commands/${name}.js`)) as { default: Command<never> };
  return command;
}
