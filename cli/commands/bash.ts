import type { Engine } from "../../provider/engine/connection/connect.js";
import { exec } from "../../provider/engine/containers/exec.js";
import { K2Error } from "../../provider/shared/errors.js";
import { defineCommand } from "../command.js";
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
  options: [
    { flags: "--index <n>", does: "The container of this number", number: true },
    { flags: "-u, --user <user>", does: "As this user" },
  ],
  details:
    "bash where the image has it, else sh. With a command, that is run instead. The exit code is the shell's.",
  examples: [
    ["bash web", "a shell"],
    ["bash web -- ls -la /", "a command"],
  ],

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
    // 126 and 127: there is no such program. Engines differ in whether they say so by an error instead.
    const ended = await exec(engine, id, { command: [shell, "-c", "exit 0"] }).catch(() => undefined);
    if (ended?.exitCode === 0) return shell;
  }
  throw new K2Error("not-found", `${service} has neither bash nor sh`, {
    hint: `\`k2-compose exec ${service} COMMAND\` runs what it has.`,
  });
}
