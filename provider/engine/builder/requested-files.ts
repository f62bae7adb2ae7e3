import { minimatch } from "minimatch";
import { posix } from "node:path";
import type { FolderEntry } from "../files/list-folder.js";

/**
 * Selects the entries of a folder that the builder requests: the paths, everything below them, and their parent
 * folders. Links are followed, because the builder knows only the paths that a Dockerfile copies from, not their
 * targets.
 */
export function selected(entries: readonly FolderEntry[], paths: readonly string[]): readonly FolderEntry[] {
  const asked = paths.map((path) => posix.normalize(path).replace(/^\/+|\/+$/g, "") || ".");
  if (asked.length === 0 || asked.includes(".")) return entries;
  const wanted = new Set(throughLinks(entries, asked).flatMap((path) => matching(entries, path)));
  const onTheWay = new Set([...wanted].flatMap(parents));
  return entries.filter(
    ({ path }) =>
      wanted.has(path) || onTheWay.has(path) || parents(path).some((parent) => wanted.has(parent)),
  );
}

/** The paths, and the paths that they resolve to if a part of them is a link. */
function throughLinks(entries: readonly FolderEntry[], paths: readonly string[]): string[] {
  const links = entries.flatMap((entry) => (entry.kind === "link" ? [entry] : []));
  const all = new Set(paths);
  for (const path of all)
    for (const link of links) {
      const rest = restBehind(link.path, path);
      if (rest === undefined) continue;
      const target = posix.join(
        link.target.startsWith("/") ? "" : posix.dirname(link.path),
        link.target,
        rest,
      );
      // Links out of the folder are ignored, by the builder as well.
      if (!target.startsWith("..")) all.add(target.replace(/^\/+/, ""));
    }
  return [...all];
}

/** The rest of the path after the link; undefined if the path does not go through the link. */
function restBehind(link: string, path: string): string | undefined {
  const depth = link.split("/").length;
  const parts = path.split("/");
  return parts.length >= depth && matches(link, parts.slice(0, depth).join("/"))
    ? parts.slice(depth).join("/")
    : undefined;
}

function matching(entries: readonly FolderEntry[], path: string): string[] {
  return entries.filter((entry) => matches(entry.path, path)).map((entry) => entry.path);
}

function matches(path: string, pattern: string): boolean {
  if (!/[*?[\\]/.test(pattern)) return path === pattern;
  return minimatch(path, pattern, { dot: true, nobrace: true, nocomment: true, noext: true, nonegate: true });
}

function parents(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}
