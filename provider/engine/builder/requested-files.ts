import { minimatch } from "minimatch";
import { posix } from "node:path";
import type { FolderEntry } from "../files/list-folder.js";

/**
 * What of a folder is asked for: what the paths name, all below it, and the way to it. Links are followed, as the
 * builder only knows the paths that a Dockerfile copies from, not where they lead.
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

/** The paths, and those that they become where a part of them is a link. */
function throughLinks(entries: readonly FolderEntry[], paths: readonly string[]): string[] {
  const links = entries.filter(({ kind }) => kind === "link");
  const all = new Set(paths);
  for (const path of all)
    for (const link of links) {
      const rest = restBehind(link.path, path);
      if (rest === undefined) continue;
      const target = posix.join(
        link.target!.startsWith("/") ? "" : posix.dirname(link.path),
        link.target!,
        rest,
      );
      // Beyond the folder there is nothing, for the builder as for us.
      if (!target.startsWith("..")) all.add(target.replace(/^\/+/, ""));
    }
  return [...all];
}

/** What follows in the path after the part that names the link; undefined where no part does. */
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
