/** `--format`, for every command that prints rows. */
import { K2Error } from "../../provider/shared/errors.js";
import type { Output } from "./output.js";
import { columns } from "./table.js";

interface Formats<Row extends object> {
  rows: Row[];
  table: () => string | Promise<string>;
  json: () => void;
  /** Column heads by field, "COMMAND". All fields are listed, because there may be no rows. */
  heads: { [Field in keyof Row]: string };
}

export async function printAs<Row extends object>(
  out: Output,
  format: string,
  { rows, table, json, heads }: Formats<Row>,
): Promise<void> {
  if (format === "table" || format === "") return out.block(await table());
  if (format === "json") return json();
  const isTable = /^table\s/.test(format);
  const text = format.replace(/^table\s+/, "");
  if (!text.includes("{{"))
    throw new K2Error("usage", `--format ${format}: must be table, json, or a template such as '{{.Name}}'`, {
      hint: `Fields: ${Object.keys(heads).join(", ")}.`,
    });
  const [{ parseTemplate }, { templateFrom }, { headFunctions }] = await Promise.all([
    import("./template/parse-template.js"),
    import("./template/render.js"),
    import("./template/functions.js"),
  ]);
  const nodes = parseTemplate(unescaped(text));
  const lines = rows.map(templateFrom(nodes));
  if (!isTable) return lines.forEach((line) => out.block(line));
  out.block(columns([templateFrom(nodes, headFunctions)(headOf(heads)), ...lines]));
}

/** In a shell, '{{.Name}}\t{{.Status}}' contains a backslash and a t, which mean a tab. */
function unescaped(text: string): string {
  return text.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

/** The head of a label is the part after its last dot. */
function headOf(heads: Record<string, string>): object {
  const label = (name: string) => name.slice(name.lastIndexOf(".") + 1).replaceAll(/[-_]/g, " ");
  return Object.fromEntries(
    Object.entries(heads).map(([field, head]) => [field, field === "Label" ? label : head]),
  );
}
