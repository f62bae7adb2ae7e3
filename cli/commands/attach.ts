import { defineCommand } from "../command.js";
import { oneContainer } from "../one-container.js";
import { join } from "../terminal-session.js";

interface Options {
  index?: number;
  stdin: boolean;
}

export default defineCommand<Options>({
  args: "<service>",
  options: [
    { flags: "--index <n>", does: "The container of this number", number: true },
    { flags: "--no-stdin", does: "Only look" },
  ],
  details:
    "Joins the main process of a container. Ctrl-P Ctrl-Q leaves it running; where it has no terminal, Ctrl-C leaves it.",

  run: async (context, { args: [name = ""], options: { index, stdin } }) => {
    const { container, service } = await oneContainer(context, name, { index, running: true });
    const engine = await context.engine(service.host);
    const { Config } = await engine.get<{ Config: { Tty: boolean; OpenStdin: boolean } }>(
      `/containers/${container.id}/json`,
    );
    const input = stdin && Config.OpenStdin;
    const connection = await engine.hijack(`/containers/${container.id}/attach`, {
      query: { stream: true, stdin: input, stdout: true, stderr: true },
      signal: context.signal,
    });
    const resize = (query: { h: number; w: number }) =>
      engine.post(`/containers/${container.id}/resize`, { query });
    await join(context.world, {
      connection,
      host: engine.host,
      tty: Config.Tty && context.world.stdout.isTTY === true,
      input,
      resize,
    });
  },
});
