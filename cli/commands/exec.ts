import { defineCommand } from "../command.js";
import { oneContainer } from "../application/one-container.js";
import { commandWords } from "../arguments/ports-and-mounts.js";
import { execInteractive } from "../terminal/terminal-session.js";

interface Options {
  detach?: boolean;
  env?: string[];
  index?: number;
  tty: boolean;
  interactive: boolean;
  privileged?: boolean;
  user?: string;
  workdir?: string;
}

export default defineCommand<Options>({
  args: "<service> <command> [args...]",
  passThrough: true,
  options: [
    { flags: "-d, --detach", does: "Start it and do not wait" },
    { flags: "-e, --env <name=value>", does: "A variable for the command", repeatable: true },
    { flags: "--index <n>", does: "The container of this number", number: true },
    { flags: "-T, --no-tty", does: "No terminal for the command" },
    { flags: "--no-interactive", does: "No input for the command" },
    { flags: "--privileged", does: "With all rights" },
    { flags: "-u, --user <user>", does: "As this user" },
    { flags: "-w, --workdir <folder>", does: "In this folder" },
    { flags: "-i, --interactive", does: "As always", hidden: true },
    { flags: "-t, --tty", does: "As always in a terminal", hidden: true },
  ],
  details:
    "Its exit code is the command's. `web@b` means the one on host b. Other options than these belong to the command.",
  examples: [
    ["exec redis redis-cli ping", "on whatever host redis runs"],
    ["exec -T db pg_dump shop > shop.sql", "into a file"],
  ],

  run: async (context, { args: [service = "", ...words], options }) => {
    const command = commandWords(words);
    const { container, service: found } = await oneContainer(context, service, {
      index: options.index,
      running: true,
    });
    const engine = await context.engine(found.host);
    const { user, workdir, env, privileged } = options;
    if (options.detach) {
      const body = {
        Cmd: command,
        User: user ?? "",
        WorkingDir: workdir ?? "",
        Env: env ?? [],
        Privileged: privileged ?? false,
      };
      const { Id } = await engine.post<{ Id: string }>(`/containers/${container.id}/exec`, { body });
      await engine.post(`/exec/${Id}/start`, { body: { Detach: true } });
      return;
    }
    const tty = options.tty && context.interactive;
    return execInteractive(context.world, engine, container.id, {
      command,
      tty,
      input: options.interactive,
      user,
      workdir,
      env,
      privileged,
      signal: context.signal,
    });
  },
});
