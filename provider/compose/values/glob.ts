/** Matches names of hosts and services with globs. */
import { createRequire } from "node:module";
import type * as minimatch from "minimatch";

const load: (id: "minimatch") => typeof minimatch = createRequire(import.meta.url);

export function isGlob(text: string): boolean {
  return /[*?[{!]/.test(text);
}

/** Loads minimatch at the first glob, because that takes 10 ms and most files and commands contain none. */
export function globMatcher(
  pattern: string,
  options: minimatch.MinimatchOptions = {},
): (name: string) => boolean {
  const { Minimatch } = load("minimatch");
  const glob = new Minimatch(pattern, options);
  return (name) => glob.match(name);
}
