import { pipeline } from "node:stream/promises";
import { resolve } from "node:path";
import { K2Error } from "../../provider/errors.js";
import { defineCommand } from "../command.js";
import { copyIn, copyOut, unpackIn } from "../copy.js";
import { oneContainer } from "../one-container.js";

interface Options {
  index?: number;
}

export default defineCommand<Options>({
  args: "<from> <to>",
  options: [{ flags: "--index <n>", does: "The container of this number", number: true }],
  details:
    "SERVICE:PATH is a file or folder in the service's container; - is a tar archive from or to the pipe.",
  examples: [
    ["cp web:/etc/nginx/nginx.conf .", "out of a container"],
    ["cp ./page/. web:/usr/share/nginx/html", "what a folder holds, into one"],
  ],

  run: async (context, { args: [from = "", to = ""], options: { index } }) => {
    const [source, target] = [placeOf(from), placeOf(to)];
    const inContainer = source ?? target;
    if (!inContainer || (source && target))
      throw new K2Error("usage", "one side, and only one, must be SERVICE:PATH");
    const { container, service } = await oneContainer(context, inContainer.service, { index });
    const engine = await context.engine(service.host);
    const { signal, cwd, world } = context;
    if (source && to === "-") {
      const archive = await engine.stream("GET", `/containers/${container.id}/archive`, {
        query: { path: source.path },
        signal,
      });
      await pipeline(archive, world.stdout, { end: false });
    } else if (source) await copyOut(engine, container.id, source.path, resolve(cwd, to), signal);
    else if (from === "-") await unpackIn(engine, container.id, world.stdin, inContainer.path, signal);
    else
      await copyIn(
        engine,
        container.id,
        isContents(from) ? `${resolve(cwd, from)}/.` : resolve(cwd, from),
        inContainer.path,
        signal,
      );
  },
});

/** A path of this machine has a slash before its first colon, if it has one. */
function placeOf(text: string): { service: string; path: string } | undefined {
  const [, service, path] = /^([^/:]+):(.+)$/s.exec(text) ?? [];
  return service === undefined || path === undefined ? undefined : { service, path };
}

function isContents(path: string): boolean {
  return path === "." || path.endsWith("/.");
}
