import dockerignore from "@balena/dockerignore";
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { K2Error, messageOf } from "../../shared/errors.js";
import { type FolderEntry, listFolder, sorted } from "../files/list-folder.js";

/**
 * Lists what docker would send of a folder: everything that .dockerignore does not exclude, in the order of BuildKit's
 * walk.
 */
export async function listContext(folder: string, dockerfile = "Dockerfile"): Promise<FolderEntry[]> {
  const ignored = await readIgnoreFile(folder, dockerfile);
  const entries = await listFolder(folder, {
    wanted: ({ path }) => !ignored.ignores(path),
    looksInto: ({ path }) => !ignored.ignores(path) || ignored.looksInto(path),
    unreadable,
  });
  return sorted(withParents(entries));
}

/** The package's types declare a default export that the package does not have. */
const createRules = dockerignore as unknown as typeof dockerignore.default;

interface IgnoreFile {
  ignores(path: string): boolean;
  /** Whether an ignored folder may contain files that a later pattern includes again. */
  looksInto(folder: string): boolean;
}

/** "NAME.dockerignore" beside the Dockerfile takes precedence over ".dockerignore". */
export async function readIgnoreFile(folder: string, dockerfile = "Dockerfile"): Promise<IgnoreFile> {
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

function unreadable(cause: unknown, path: string): K2Error {
  const isAll = path === "";
  const what = isAll
    ? "the build's context cannot be read"
    : "a folder of the build's context cannot be read";
  return new K2Error("invalid-file", `${what}: ${messageOf(cause)}`, {
    hint: isAll
      ? "`build.context` is relative to the project's folder."
      : "List files that the build does not need in .dockerignore.",
    cause,
  });
}

/** Adds the parent folders of an included file that lies in an ignored folder. */
function withParents(entries: FolderEntry[]): FolderEntry[] {
  const paths = new Set(entries.map(({ path }) => path));
  const added: FolderEntry[] = [];
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

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
