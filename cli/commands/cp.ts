import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { resolve } from "node:path";
import { K2Error, systemCodeOf } from "../../provider/shared/errors.js";
import { indexOption } from "../arguments/option.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { copyIn, copyOut, unpackIn } from "../containers/container-copy.js";
import { brokenPipe, exitCodeOf } from "../terminal/exit-codes.js";
import { allContainers, oneContainer } from "../application/one-container.js";

interface Options {
  index?: number;
  all?: boolean;
  archive?: boolean;
  followLink?: boolean;
}

export default defineCommand<Options>({
  args: "<from> <to>",
  options: [
    indexOption,
    { flags: "--all", does: "Include containers created by the run command" },
    { flags: "-a, --archive", does: "Archive mode: keep the uid/gid of files copied from a container" },
    { flags: "-L, --follow-link", does: "Always follow symbol links in the source path" },
  ],
  details:
    "SERVICE:PATH is a file or folder in a container of the service; - is a tar archive on standard input or output.\n" +
    "Files are copied into all containers of the service, on all its hosts, and out of its first container.",
  examples: [
    ["cp web:/etc/nginx/nginx.conf .", "copy a file out of a container"],
    ["cp ./page/. web:/usr/share/nginx/html", "copy the contents of a folder into the containers"],
  ],

  run: async (context, { args: [from = "", to = ""], options: { index, all, archive, followLink } }) => {
    const [source, target] = [placeOf(from), placeOf(to)];
    if (source && !target) return copyFrom(context, source, to, { index, all, archive, followLink });
    if (target && !source) return copyInto(context, from, target, { index, all, followLink });
    throw new K2Error("usage", "either the source or the destination must be SERVICE:PATH, but not both");
  },
});

interface Place {
  service: string;
  path: string;
}

async function copyFrom(
  context: Context,
  source: Place,
  to: string,
  { index, all, archive = false, followLink = false }: Options,
): Promise<number | void> {
  const { container, service } = await oneContainer(context, source.service, { index, oneOffs: all });
  const engine = await context.engine(service.host);
  const { signal, cwd, world } = context;
  if (to !== "-") {
    const options = { owners: archive, follow: followLink, signal, onSkip: skipped(context) };
    return copyOut(engine, container.id, source.path, resolve(cwd, to), options);
  }
  if (world.stdout.isTTY === true)
    throw new K2Error("usage", "the archive is not written to a terminal: redirect it to a file or a pipe");
  const query = { path: source.path };
  const stream = await engine.stream("GET", `/containers/${container.id}/archive`, { query, signal });
  try {
    await pipeline(stream, world.stdout, { end: false });
    return 0;
  } catch (error) {
    if (systemCodeOf(error) === "EPIPE") return brokenPipe;
    throw error;
  }
}

/** Returns the exit code. */
async function copyInto(
  context: Context,
  from: string,
  { service: name, path }: Place,
  { index, all, followLink = false }: Options,
): Promise<number> {
  const { found, dead } = await allContainers(context, name, { index, oneOffs: all });
  const { signal, cwd, world } = context;
  const local = meansContents(from) ? `${resolve(cwd, from)}/.` : resolve(cwd, from);
  const copies = found.map(({ service, container: { id } }) => {
    const archive = from === "-" ? world.stdin.pipe(new PassThrough()) : undefined;
    return { host: service.host, id, archive };
  });
  const onSkip = skipped(context);
  await Promise.all(
    copies.map(async ({ host, id, archive }) => {
      const engine = await context.engine(host);
      if (archive) await unpackIn(engine, id, archive, path, signal);
      else await copyIn(engine, id, local, path, { follow: followLink, signal, onSkip });
    }),
  );
  return dead ? exitCodeOf("unreachable") : 0;
}

/** Warns once about each path, although it is left out in several containers. */
function skipped({ out }: Context): (path: string) => void {
  const seen = new Set<string>();
  return (path) => {
    if (!seen.has(path)) out.warn(`${path} is not copied: it is a named pipe, a socket or a device`);
    seen.add(path);
  };
}

/** A colon after the first slash belongs to a local path. */
function placeOf(text: string): Place | undefined {
  const [, service, path] = /^([^/:]+):(.+)$/s.exec(text) ?? [];
  return service === undefined || path === undefined ? undefined : { service, path };
}

function meansContents(path: string): boolean {
  return path === "." || path.endsWith("/.");
}
