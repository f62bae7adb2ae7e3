import type { Engine } from "../../provider/engine/connection/connect.js";
import { exec } from "../../provider/engine/containers/exec.js";
import { K2Error } from "../../provider/shared/errors.js";
import { indexOption } from "../arguments/option.js";
import { defineCommand } from "../command.js";
import { brokenPipe } from "../terminal/exit-codes.js";
import { oneContainer } from "../application/one-container.js";
import { commandWords } from "../arguments/ports-and-mounts.js";
import { execInteractive } from "../terminal/terminal-session.js";

interface Options {
  index?: number;
  user?: string;
}

export default defineCommand<Options>({
  args: "<service> [command...]",
  passThrough: true,
  options: [indexOption, { flags: "-u, --user <user>", does: "Run the command as this user" }],
  details:
    "Starts bash if the image has it, otherwise sh. A command given as arguments is run instead of a shell. The exit\n" +
    "code is that of the shell or command.",
  examples: [
    ["bash web", "open a shell"],
    ["bash web -- ls -la /", "run a command"],
  ],

  whenUnread: brokenPipe,
  run: async (context, { args: [name = "", ...rest], options: { index, user } }) => {
    const { container, service } = await oneContainer(context, name, { index, running: true });
    const engine = await context.engine(service.host);
    const words = commandWords(rest);
    const command = words.length > 0 ? words : [await shellOf(engine, container.id, service.service)];
    const tty = context.interactive;
    if (tty) context.out.line(`#####In [${service.service}] Container#####`);
    try {
      return await execInteractive(context.world, engine, container.id, {
        ...{ command, tty, input: true, user },
        signal: context.signal,
      });
    } finally {
      if (tty) context.out.line(`#####Out [${service.service}] Container#####`);
    }
  },
});

async function shellOf(engine: Engine, id: string, service: string): Promise<string> {
  for (const shell of ["bash", "sh"]) {
    // The shell exits with 126 or 127 if the program does not exist. Some engines return an error instead.
    const ended = await exec(engine, id, { command: [shell, "-c", "exit 0"] }).catch(() => undefined);
    if (ended?.exitCode === 0) return shell;
  }
  throw new K2Error("not-found", `${service} has neither bash nor sh`, {
    hint: `Run another program of the image with \`k2-compose exec ${service} COMMAND\`.`,
  });
}
