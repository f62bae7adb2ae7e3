/** Copies files between this machine and a container, as tar archives. */
import fs, { existsSync, lstatSync, realpathSync, statSync, type Stats } from "node:fs";
import { basename, dirname, join, posix, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, pack } from "tar-fs";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { K2Error } from "../../provider/shared/errors.js";

interface CopyOptions {
  /** Keeps the owners of files in the container; otherwise the current user owns them. */
  owners?: boolean;
  /** Copies the target of a symbolic link instead of the link. */
  follow?: boolean;
  signal?: AbortSignal;
  /** Called for named pipes, sockets and devices, which are not copied. */
  onSkip?: (path: string) => void;
}

const copied = new Set(["file", "contiguous-file", "directory", "link", "symlink"]);

/** Copies into an existing folder under the file's own name, otherwise to the given name, as `cp -r` does. */
export async function copyOut(
  engine: Engine,
  id: string,
  from: string,
  to: string,
  { owners = false, follow = false, signal, onSkip }: CopyOptions,
): Promise<void> {
  const { linkTarget = "" } = (follow && (await statIn(engine, id, from))) || {};
  const path = linkTarget === "" ? from : posix.resolve(posix.dirname(from), linkTarget);
  const archive = await engine.stream("GET", `/containers/${id}/archive`, { query: { path }, signal });
  const intoFolder = existsSync(to) && statSync(to).isDirectory();
  if (!intoFolder && !existsSync(dirname(resolve(to))))
    throw new K2Error("not-found", `no such folder: ${dirname(resolve(to))}`);
  const own = linkTarget === "" ? undefined : posix.basename(from);
  const [folder, name] = intoFolder
    ? [to, own ?? posix.basename(path)]
    : [dirname(resolve(to)), basename(to)];
  // The first path component of the archive is the requested name. The rest may not leave it.
  const rename = (path: string) =>
    join(name, posix.join("/", ...path.split("/").slice(1))).replace(/\/$/, "");
  const mine = owners ? {} : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const map = <T extends { name: string; type?: string | null; linkname?: string | null }>(header: T): T => ({
    ...header,
    ...mine,
    name: rename(header.name),
    ...(header.type === "link" && { linkname: rename(header.linkname ?? "") }),
  });
  const ignore = (path: string, header?: { type: string }): boolean => {
    if (header === undefined || copied.has(header.type)) return false;
    onSkip?.(path);
    return true;
  };
  // Links keep their targets; nothing is written through them.
  const options = { map, ignore, validateSymlinks: false, fs: withoutFollowing };
  await pipeline(archive, extract(realpathSync(folder), options));
}

/**
 * The functions with which tar-fs looks at an existing folder, and at the target of a hard link. It would set the mode and
 * time of what a symbolic link of the archive points at, if a folder or hard link followed under its name.
 */
const withoutFollowing = {
  ...fs,
  stat: (path: string, done: (error: Error | null, found?: fs.Stats) => void) =>
    fs.lstat(path, (error, found) =>
      done(error ?? (found.isSymbolicLink() ? throughLink(path) : null), found),
    ),
  realpath: (path: string, done: (error: Error | null, found?: string) => void) =>
    fs.realpath(path, (error, found) => done(error ?? (found === path ? null : throughLink(path)), found)),
};

function throughLink(path: string): K2Error {
  return new K2Error("refused", `the archive writes through the symbolic link ${path}`, {
    hint: "Copy into an empty folder. If it fails there too, the engine sent an archive that no container contains.",
  });
}

/** `from/.` is the content of a folder, without the folder itself. */
export async function copyIn(
  engine: Engine,
  id: string,
  from: string,
  to: string,
  { follow = false, signal, onSkip }: Omit<CopyOptions, "owners"> = {},
): Promise<void> {
  if (!existsSync(resolve(from))) throw new K2Error("not-found", `no such file or folder: ${from}`);
  const source = follow ? realpathSync(resolve(from)) : resolve(from);
  if (isSpecial(statSync(source)))
    throw new K2Error("usage", `${from} is neither a file nor a folder: it cannot be copied`);
  const contents = /(^|[/\\])\.$/.test(from) && statSync(source).isDirectory();
  const target = await placeIn(engine, id, to, {
    isFolder: statSync(source).isDirectory(),
    contents,
    name: basename(resolve(from)),
  });
  const rename = (path: string) => (path === "." ? target.name : posix.join(target.name, path));
  const map = <T extends { name: string }>(header: T): T => ({ ...header, name: rename(header.name) });
  const isFolder = statSync(source).isDirectory();
  const ignore = (path: string): boolean => {
    const isIgnored = isSpecial(lstatSync(path));
    if (isIgnored) onSkip?.(path);
    return isIgnored;
  };
  const archive = isFolder
    ? pack(source, { map, ignore })
    : pack(dirname(source), {
        entries: [basename(source)],
        map: (header) => ({ ...header, name: target.name }),
      });
  await engine.put(`/containers/${id}/archive`, {
    query: { path: target.folder },
    raw: Readable.from(archive),
    timeout: Infinity,
    signal,
  });
}

function isSpecial(found: Stats): boolean {
  return !found.isFile() && !found.isDirectory() && !found.isSymbolicLink();
}

/** A tar archive from standard input. */
export async function unpackIn(
  engine: Engine,
  id: string,
  archive: Readable,
  to: string,
  signal?: AbortSignal,
): Promise<void> {
  await engine.put(`/containers/${id}/archive`, {
    query: { path: to },
    raw: archive,
    timeout: Infinity,
    signal,
  });
}

interface Source {
  isFolder: boolean;
  contents: boolean;
  name: string;
}

/** The folder that the engine unpacks into, and the name there. */
async function placeIn(
  engine: Engine,
  id: string,
  to: string,
  { isFolder, contents, name }: Source,
): Promise<{ folder: string; name: string }> {
  const there = await isFolderIn(engine, id, to);
  if (there) return { folder: to, name: contents ? "." : name };
  if (to.endsWith("/") && !isFolder) throw new K2Error("not-found", `no such folder in the container: ${to}`);
  return { folder: posix.dirname(to.replace(/\/$/, "")) || "/", name: posix.basename(to) };
}

async function isFolderIn(engine: Engine, id: string, path: string): Promise<boolean> {
  const there = await statIn(engine, id, path);
  // Go's own bit for folders, beyond the range of JavaScript's bit operators.
  return there !== undefined && Math.floor(there.mode / 2 ** 31) % 2 === 1;
}

/** Undefined if the path does not exist. */
async function statIn(
  engine: Engine,
  id: string,
  path: string,
): Promise<{ mode: number; linkTarget: string } | undefined> {
  const answer = await engine.stream("HEAD", `/containers/${id}/archive`, { query: { path }, ok: [404] });
  answer.resume();
  const header = answer.headers["x-docker-container-path-stat"];
  if (typeof header !== "string") return undefined;
  return JSON.parse(Buffer.from(header, "base64").toString("utf8")) as { mode: number; linkTarget: string };
}
