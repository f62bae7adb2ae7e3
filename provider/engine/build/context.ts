import dockerignore from "@balena/dockerignore";
import type { Stats } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, posix } from "node:path";
import { K2Error, messageOf } from "../../errors.js";

/** A file, folder or link of a build's context. */
export interface ContextEntry {
  /** Relative to the context, with slashes. */
  path: string;
  kind: "file" | "folder" | "link";
  /** Permissions, without the kind. */
  mode: number;
  size: number;
  /** Milliseconds. */
  modified: number;
  /** Where a link leads. */
  target?: string;
  /** Where the content of a file is; absent: `content`. */
  source?: string;
  content?: Buffer;
}

/** What docker would send of a folder: all but what .dockerignore says, in the order of the engine's own walk. */
export async function listContext(folder: string, dockerfile = "Dockerfile"): Promise<ContextEntry[]> {
  const ignored = await readIgnoreFile(folder, dockerfile);
  const entries: ContextEntry[] = [];
  await walk(folder, "", ignored, entries);
  return sorted(withParents(entries));
}

/** As the engine walks: folders before what they hold, and "a/b" before "a-b". */
export function sorted(entries: ContextEntry[]): ContextEntry[] {
  const key = ({ path }: ContextEntry) => path.replaceAll("/", "\0");
  return [...entries].sort((left, right) => (key(left) < key(right) ? -1 : 1));
}

async function entryOf(source: string, path: string): Promise<ContextEntry | undefined> {
  const stats = await lstat(source);
  const kind = kindOf(stats);
  if (kind === undefined) return undefined;
  const entry = { path, kind, mode: stats.mode & 0o7777, modified: stats.mtimeMs };
  if (kind === "file") return { ...entry, size: stats.size, source };
  if (kind === "folder") return { ...entry, size: 0, source };
  return { ...entry, size: 0, mode: 0o777, target: await readlink(source) };
}

/** The package's types speak of a default export, which it does not have. */
const createRules = dockerignore as unknown as typeof dockerignore.default;

interface IgnoreFile {
  ignores(path: string): boolean;
  /** Whether something in an ignored folder may be wanted all the same. */
  looksInto(folder: string): boolean;
}

/** "NAME.dockerignore" beside the Dockerfile goes before ".dockerignore". */
async function readIgnoreFile(folder: string, dockerfile: string): Promise<IgnoreFile> {
  const own = await readFile(join(folder, `${dockerfile}.dockerignore`), "utf8").catch(absent);
  const text = own ?? (await readFile(join(folder, ".dockerignore"), "utf8").catch(absent)) ?? "";
  const rules = createRules({ ignorecase: false }).add(text);
  const exceptions = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.startsWith("!"))
    .map((line) => posix.normalize(line.slice(1).trim()).replace(/^\/+/, ""));
  return {
    ignores: (path) => rules.ignores(path),
    looksInto: (path) => exceptions.some((one) => /[*?[]/.test(one) || `${one}/`.startsWith(`${path}/`)),
  };
}

async function walk(
  folder: string,
  under: string,
  ignored: IgnoreFile,
  entries: ContextEntry[],
): Promise<void> {
  for (const { name } of await list(join(folder, under), folder)) {
    const path = under === "" ? name : `${under}/${name}`;
    const entry = await entryOf(join(folder, path), path);
    if (entry === undefined) continue;
    const leftOut = ignored.ignores(path);
    if (!leftOut) entries.push(entry);
    if (entry.kind === "folder" && (!leftOut || ignored.looksInto(path)))
      await walk(folder, path, ignored, entries);
  }
}

async function list(folder: string, context: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const isAll = folder === context;
    const what = isAll
      ? "the build's context cannot be read"
      : "a folder of the build's context cannot be read";
    throw new K2Error("invalid-file", `${what}: ${messageOf(error)}`, {
      hint: isAll
        ? "`build.context` is relative to the project's folder."
        : "What the build does not need may stand in .dockerignore.",
      cause: error,
    });
  }
}

/** A wanted file in an ignored folder brings its folders along. */
function withParents(entries: ContextEntry[]): ContextEntry[] {
  const paths = new Set(entries.map(({ path }) => path));
  const added: ContextEntry[] = [];
  for (const { path, modified } of entries)
    for (
      let parent = posix.dirname(path);
      parent !== "." && !paths.has(parent);
      parent = posix.dirname(parent)
    ) {
      paths.add(parent);
      added.push({ path: parent, kind: "folder", mode: 0o755, size: 0, modified });
    }
  return [...entries, ...added];
}

function kindOf(stats: Stats): ContextEntry["kind"] | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  // Sockets, pipes and devices are of this machine: no build can want them.
  return stats.isSymbolicLink() ? "link" : undefined;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
