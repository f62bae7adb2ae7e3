import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { K2Error, systemCodeOf } from "../../provider/shared/errors.js";
import { indexOption } from "../arguments/option.js";
import { defineCommand } from "../command.js";
import { oneContainer } from "../application/one-container.js";
import { brokenPipe } from "../terminal/exit-codes.js";

interface Options {
  index?: number;
  output?: string;
}

export default defineCommand<Options>({
  args: "<service>",
  options: [indexOption, { flags: "-o, --output <file>", does: "Write to a file, instead of STDOUT" }],
  details: "The archive holds the container's filesystem without its volumes.",
  examples: [["export -o web.tar web", "write the filesystem of a container to a file"]],

  run: async (context, { args: [name = ""], options: { index, output } }) => {
    const { signal, cwd, world } = context;
    if (output === undefined && world.stdout.isTTY)
      throw new K2Error("usage", "an archive cannot be written to a terminal; use -o FILE");
    const { container, service } = await oneContainer(context, name, { index });
    const engine = await context.engine(service.host);
    const archive = await engine.stream("GET", `/containers/${container.id}/export`, { signal });
    try {
      if (output !== undefined) await pipeline(archive, createWriteStream(resolve(cwd, output)));
      else await pipeline(archive, world.stdout, { end: false });
      return 0;
    } catch (error) {
      if (systemCodeOf(error) === "EPIPE") return brokenPipe;
      throw error;
    }
  },
});
