/** Substitutes for commands and options of docker compose that k2-compose lacks. */
const substitutes: Record<string, string> = {
  "--dry-run": "Use `k2-compose preview`, which changes nothing.",
  bridge: "Use `k2-compose config`, whose output other converters read.",
  publish: "Use `k2-compose push` for the images, and share the compose files as they are (-f takes URLs).",
  viz: "Use `k2-compose show --format dot`.",
};

/** Returns a line for an error of the parser, or an empty text. */
export function substituteFor(error: string): string {
  const [, word = ""] = /unknown (?:option|command) '([^'=]+)/.exec(error) ?? [];
  return Object.hasOwn(substitutes, word) ? `  ${substitutes[word]}\n` : "";
}
