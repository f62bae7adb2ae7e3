/** Makes the paths in a tree absolute: they are relative to the folder of the file that contains them. */
import path from "node:path";
import type { At } from "../tree/problems.js";
import { walk } from "../schema/walk.js";
import type { PathRule, Shape } from "../schema/shape.js";
import { type Branch, isList, isMapping } from "../tree/tree.js";
import type { Folders } from "../source/scope.js";

export function resolvePaths(tree: Branch, shape: Shape, at: At, folders: Folders): void {
  walk(tree, shape, at, (value, inner) =>
    inner.path === undefined ? value : resolveIn(value, inner.path, folders),
  );
}

function resolveIn(value: unknown, rule: PathRule, folders: Folders): unknown {
  if (rule === "mount") {
    if (isMapping(value) && value.type === "bind") resolveEntry(value, "source", folders);
  } else if (rule === "volume") {
    if (!isMapping(value) || value.driver !== "local") return value;
    if (isMapping(value.driver_opts) && value.driver_opts.o === "bind")
      resolveEntry(value.driver_opts, "device", folders);
  } else if (isMapping(value))
    for (const key of Object.keys(value)) value[key] = resolveIn(value[key], rule, folders);
  else if (isList(value))
    for (const index of value.keys()) value[index] = resolveIn(value[index], rule, folders);
  else if (typeof value === "string")
    return rule === "context" ? resolveContext(value, folders) : resolvePath(value, rule, folders);
  return value;
}

function resolveEntry(mapping: Record<string, unknown>, key: string, folders: Folders): void {
  if (typeof mapping[key] === "string") mapping[key] = resolvePath(mapping[key], "unix", folders);
}

export function resolvePath(written: string, rule: PathRule, { directory, home }: Folders): string {
  const file =
    written.startsWith("~") && home !== undefined ? path.posix.join(home, written.slice(1)) : written;
  if (path.isAbsolute(file) || (rule === "unix" && isWindowsPath(file))) return file;
  if (file === "" && rule === "path") return file;
  return withoutSlash(path.join(directory, file));
}

const isWindowsPath = (file: string): boolean => /^.:[\\/]/.test(file) || /^[\\/]{2}/.test(file);

function withoutSlash(file: string): string {
  return file.length > 1 && file.endsWith("/") ? file.slice(0, -1) : file;
}

/** A build context may also be a URL, a git reference or another service. */
function resolveContext(written: string, folders: Folders): string {
  const isNoPath = written.includes("://") || /^(service:|github\.com\/|git@)/.test(written);
  return isNoPath ? written : resolvePath(written, "path", folders);
}
