import { withId } from "../../provider/engine/connection/answer-shape.js";
import { indexOption } from "../arguments/option.js";
import { defineCommand } from "../command.js";
import { brokenPipe } from "../terminal/exit-codes.js";
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
    { flags: "-d, --detach", does: "Detached mode: run command in the background" },
    { flags: "-e, --env <name=value>", does: "Set environment variables", repeatable: true },
    indexOption,
    { flags: "-T, --no-tty", does: "Disable pseudo-TTY allocation" },
    { flags: "--no-interactive", does: "Do not attach STDIN" },
    { flags: "--privileged", does: "Give extended privileges to the process" },
    { flags: "-u, --user <user>", does: "Run the command as this user" },
    { flags: "-w, --workdir <folder>", does: "Path to workdir folder for this command" },
    { flags: "-i, --interactive", does: "Attach STDIN, which is the default", hidden: true },
    { flags: "-t, --tty", does: "Allocate a pseudo-TTY, which is the default in a terminal", hidden: true },
  ],
  details:
    "Exits with the exit code of the command. Use `web@b` for the container on host b. Options after the service\n" +
    "belong to the command.",
  examples: [
    ["exec redis redis-cli ping", "run a command on the host that has redis"],
    ["exec -T db pg_dump shop > shop.sql", "write the output into a file"],
  ],

  whenUnread: brokenPipe,
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
      const { Id } = await engine.post<{ Id: string }>(`/containers/${container.id}/exec`, {
        body,
        shape: withId,
      });
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
