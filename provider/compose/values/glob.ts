/** Matches names of hosts and services with globs. */
import { createRequire } from "node:module";
import type * as minimatch from "minimatch";
import { K2Error } from "../../shared/errors.js";

const load: (id: "minimatch") => typeof minimatch = createRequire(import.meta.url);

export function isGlob(text: string): boolean {
  return /[*?[{!]/.test(text);
}

const maxLength = 10_000;
const maxAlternatives = 1000;

/** Loads minimatch at the first glob, because that takes 10 ms and most files and commands contain none. */
export function globMatcher(
  pattern: string,
  options: minimatch.MinimatchOptions = {},
): (name: string) => boolean {
  const glob = parse(pattern, options);
  if (typeof glob === "string") throw new K2Error("usage", glob);
  return (name) => glob.match(name);
}

/** Returns the reason why a pattern takes too long to match: it is long, or its braces expand to many alternatives. */
export function globProblem(pattern: string): string | undefined {
  const glob = parse(pattern, {});
  return typeof glob === "string" ? glob : undefined;
}

function parse(pattern: string, options: minimatch.MinimatchOptions): minimatch.Minimatch | string {
  if (pattern.length > maxLength)
    return `a pattern of ${pattern.length} characters; at most ${maxLength} are allowed`;
  const { Minimatch } = load("minimatch");
  const glob = new Minimatch(pattern, { ...options, braceExpandMax: maxAlternatives + 1 });
  return glob.globSet.length > maxAlternatives
    ? `"${pattern}" expands to more than ${maxAlternatives} alternatives`
    : glob;
}
