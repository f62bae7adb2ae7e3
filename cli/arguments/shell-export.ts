/** Variables as lines that a shell evaluates. */

export type Shell = "sh" | "fish";

export function shellLines(variables: Record<string, string>, shell: Shell): string[] {
  return Object.entries(variables).map(([name, value]) => {
    if (shell === "sh") return `export ${name}=${quoted(value)}`;
    // fish's PATH is a list.
    const values = name === "PATH" ? value.split(":") : [value];
    return `set -gx ${name} ${values.map(fishQuoted).join(" ")}`;
  });
}

/** In single quotes nothing means anything but the quote itself. */
export function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

function fishQuoted(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
