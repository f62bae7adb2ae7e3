/** Variables as lines for a shell to evaluate. */

export type Shell = "sh" | "fish";

export function shellLines(variables: Record<string, string>, shell: Shell): string[] {
  return Object.entries(variables).map(([name, value]) => {
    if (shell === "sh") return `export ${name}=${quoted(value)}`;
    // PATH is a list in fish.
    const values = name === "PATH" ? value.split(":") : [value];
    return `set -gx ${name} ${values.map(fishQuoted).join(" ")}`;
  });
}

/** In single quotes, only the quote itself has a meaning. */
export function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

function fishQuoted(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
