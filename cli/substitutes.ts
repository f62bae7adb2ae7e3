/** Substitutes for commands, options, and options of one command ("rm --all") that only docker compose has. */
const substitutes: Record<string, string> = {
  "--all-resources": "Use `k2-compose config --all-resources`.",
  "--compatibility": "Set COMPOSE_COMPATIBILITY=true, or `naming: compatibility` in the file.",
  "--dry-run": "Use `k2-compose preview`, which changes nothing.",
  "--insecure-registry": "Publish the files on a web server: -f takes http and https URLs.",
  "--menu": "There is no menu. In `up --attach`, d detaches and Ctrl-C stops; `up --watch` watches files.",
  "--no-ansi": "Use `--ansi never`.",
  "--no-parallel": "Use `--parallel 1`.",
  "--verbose": "Set K2_COMPOSE_DEBUG=1, which adds stack traces to errors.",
  "--workdir": "Use `--project-directory`.",
  "rm --all": "Leave it out: `k2-compose rm` removes the stopped containers of all services.",
  "rm -a": "Leave it out: `k2-compose rm` removes the stopped containers of all services.",
  alpha: "Use `k2-compose viz` for `alpha viz`; k2-compose has none of the other experimental commands.",
  bridge: "Use `k2-compose config`, whose output other converters read.",
  publish: "Use `k2-compose push` for the images, and share the compose files as they are (-f takes URLs).",
};

/** Returns a line for an error of the parser, or an empty text. */
export function substituteFor(error: string, command = ""): string {
  const [, word = ""] = /unknown (?:option|command) '([^'=]+)/.exec(error) ?? [];
  const key = [`${command} ${word}`, word].find((one) => Object.hasOwn(substitutes, one));
  return key === undefined ? "" : `  ${substitutes[key]}\n`;
}
