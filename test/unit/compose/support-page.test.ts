/** docs/compose-support.md is generated from the schema table; `K2_UPDATE=1` writes it. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { it } from "node:test";
import { projectRows } from "../../../provider/compose/schema/project.js";
import { serviceRows } from "../../../provider/compose/schema/service.js";
import type { JsonSchema, Shape } from "../../../provider/compose/schema/shape.js";
import { checkout } from "../../support/scripts.js";

const intro = `# Supported Docker Compose attributes

All attributes of docker compose v5.5.1, and those that k2-compose adds. k2-compose reads them in the same way, rejects the
same values, and computes the same \`com.docker.compose.config-hash\`. This page is generated from the
loader's table (\`K2_UPDATE=1\` on the unit tests writes it).

Where: *container* = passed to the engine when a container is created; *k2-compose* = used by k2-compose itself.
`;

const resources = ["networks", "volumes", "configs", "secrets"];

function document(): string {
  const top = Object.fromEntries(
    Object.entries(projectRows).map(([name, row]) => [name, { ...row, fields: undefined, entry: undefined }]),
  );
  const sections = [
    section("Top level", top, () => ""),
    section("Services", serviceRows, where),
    ...resources.map((name) =>
      section(`Top-level ${name}`, projectRows[name]?.entry?.fields ?? {}, () => ""),
    ),
    section("Hosts", projectRows.hosts?.entry?.fields ?? {}, () => ""),
  ];
  return `${intro}\n${sections.join("\n")}`;
}

function section(title: string, rows: Record<string, Shape>, place: (name: string) => string): string {
  const lines = Object.entries(rows).flatMap(([name, row]) => linesOf(name, row, place(name)));
  return `## ${title}\n\n| attribute | forms | where | what |\n| --- | --- | --- | --- |\n${lines.join("\n")}\n`;
}

function linesOf(name: string, row: Shape, place: string): string[] {
  const what = row.refused === undefined ? describe(row) : `**Refused**: ${row.refused}`;
  const forms = row.refused === undefined ? formsOf(row.schema).join(", ") : "";
  const own = `| \`${name}\` | ${forms} | ${row.refused === undefined ? place : ""} | ${escaped(what)} |`;
  const inner = row.fields ?? row.entry?.fields ?? {};
  return [own, ...Object.entries(inner).flatMap(([key, field]) => linesOf(`${name}.${key}`, field, ""))];
}

function describe({ doc = "", noEffect }: Shape): string {
  return noEffect === undefined ? doc : `${doc}. No effect: ${noEffect}`;
}

function where(name: string): string {
  return serviceRows[name]?.belongsTo === undefined ? "container" : "k2-compose";
}

const words: Record<string, string> = {
  string: "text",
  integer: "number",
  boolean: "flag",
  array: "list",
  object: "mapping",
  null: "empty",
};

function formsOf(schema: JsonSchema): string[] {
  const branches = (schema.anyOf ?? []) as JsonSchema[];
  const types =
    schema.type === undefined ? branches.flatMap(formsOf) : [schema.type as string | string[]].flat();
  return [...new Set(types.map((type) => words[type] ?? type))];
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("…", "...");
}

it("docs/compose-support.md matches the schema table", () => {
  const file = path.join(checkout, "docs/compose-support.md");
  if (process.env.K2_UPDATE) writeFileSync(file, document());
  assert.equal(readFileSync(file, "utf8"), document());
});
