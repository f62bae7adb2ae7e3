/** `--format`, the same for every command that prints rows. */
import { K2Error } from "../../provider/shared/errors.js";
import type { Output } from "./output.js";
import { columns } from "./table.js";
import { headFunctions } from "./template/functions.js";
import { parseTemplate } from "./template/parse-template.js";
import { templateFrom } from "./template/render.js";

interface Formats<Row extends object> {
  rows: Row[];
  table: () => string | Promise<string>;
  json: () => void;
  /** Heads of columns by field, "COMMAND". All fields are named, for there may be no row. */
  heads: { [Field in keyof Row]: string };
}

export async function printAs<Row extends object>(
  out: Output,
  format: string,
  { rows, table, json, heads }: Formats<Row>,
): Promise<void> {
  if (format === "table" || format === "") return out.line(await table());
  if (format === "json") return json();
  const [, isTable, text = ""] = /^(table\s+)?(.*)$/s.exec(format)!;
  if (!text.includes("{{"))
    throw new K2Error("usage", `--format ${format}: it is table, json, or a template as '{{.Name}}'`, {
      hint: `Fields: ${Object.keys(heads).join(", ")}.`,
    });
  const nodes = parseTemplate(unescaped(text));
  const lines = rows.map(templateFrom(nodes));
  if (!isTable) return lines.forEach((line) => out.line(line));
  out.line(columns([templateFrom(nodes, headFunctions)(headOf(heads)), ...lines]));
}

/** Whoever writes '{{.Name}}\t{{.Status}}' in a shell means a tab. */
function unescaped(text: string): string {
  return text.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

/** Over a label stands what is behind its last dot. */
function headOf(heads: Record<string, string>): object {
  const label = (name: string) => name.split(".").at(-1)!.replaceAll(/[-_]/g, " ");
  return Object.fromEntries(
    Object.entries(heads).map(([field, head]) => [field, field === "Label" ? label : head]),
  );
}
