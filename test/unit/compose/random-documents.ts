/** Random compose documents from the schema table, and broken documents. */
import fc from "fast-check";
import { projectRows } from "../../../provider/compose/schema/project.js";
import { serviceRows } from "../../../provider/compose/schema/service.js";
import type { JsonSchema, Shape } from "../../../provider/compose/schema/shape.js";
import { load, type LoadOptions } from "../../../provider/compose/load/load.js";
import type { Project } from "../../../provider/compose/types.js";

const words = ["a", "b1", "x=1", "./x:/y", "${V:-d}", "$$x", "1"];

/** A value that the schema accepts in most cases. */
export function valueOf(schema: JsonSchema, depth = 0): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...(schema.enum as unknown[]));
  if (schema.anyOf !== undefined)
    return fc.oneof(...(schema.anyOf as JsonSchema[]).map((branch) => valueOf(branch, depth)));
  const types = schema.type === undefined ? ["string"] : [schema.type as string | string[]].flat();
  return fc.oneof(
    ...types.map((type) => (type === "string" ? text(schema, types) : ofType(type, schema, depth))),
  );
}

/** If the schema also accepts numbers or booleans, the text must contain one. */
function text(schema: JsonSchema, types: string[]): fc.Arbitrary<unknown> {
  if (schema.examples !== undefined) return fc.constantFrom(...(schema.examples as unknown[]));
  if (types.includes("boolean") && !types.includes("null")) return fc.constantFrom("yes", "off", "true");
  if (types.includes("integer") || (types.includes("number") && !types.includes("null")))
    return fc.constantFrom("3", "10");
  return fc.constantFrom(...words);
}

function ofType(type: string, schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number":
      return fc.integer({ min: 1, max: 100 });
    case "null":
      return fc.constant(null);
    case "array":
      return depth > 6
        ? fc.constant([])
        : fc.uniqueArray(valueOf((schema.items ?? {}) as JsonSchema, depth + 1), {
            minLength: 1,
            maxLength: 3,
            selector: (item) => String(JSON.stringify(item)).replaceAll('"', ""),
          });
    case "object":
      return mapping(schema, depth);
    default:
      return fc.constantFrom(...words);
  }
}

function mapping(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  if (depth > 6) return fc.constant({});
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  const required = (schema.required ?? []) as string[];
  if (Object.keys(properties).length > 0) {
    const fields = Object.fromEntries(
      Object.entries(properties).map(([name, inner]) => [
        name,
        required.includes(name) ? filled(inner, depth + 1) : valueOf(inner, depth + 1),
      ]),
    );
    return fc.record(fields, { requiredKeys: required });
  }
  const inner = schema.additionalProperties;
  const entry =
    typeof inner === "object" && inner !== null
      ? valueOf(inner as JsonSchema, depth + 1)
      : fc.constantFrom(...words);
  return fc.dictionary(fc.constantFrom("a", "b", "c1", "X_Y"), entry, { maxKeys: 3 });
}

// Attributes that refer to files or other elements.
const unusable = ["extends", "label_file", "links", "volumes_from", "depends_on", "networks"];

/** A value for a required field; it must not be empty, because empty lists are not printed. */
function filled(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  return schema.type === "array"
    ? fc.array(valueOf(schema.items as JsonSchema, depth), { minLength: 1, maxLength: 2 })
    : valueOf(schema, depth);
}

/** Services with a few random attributes each. */
export const documents: fc.Arbitrary<Record<string, unknown>> = fc.record({
  services: fc.dictionary(fc.constantFrom("a", "b", "web"), someOf(serviceRows, ["image"]), {
    minKeys: 1,
    maxKeys: 3,
  }),
  volumes: valueOf((projectRows.volumes as Shape).schema),
  networks: valueOf((projectRows.networks as Shape).schema),
  configs: fc.dictionary(
    fc.constantFrom("a", "b1"),
    fc.oneof(fc.record({ content: fc.constantFrom(...words) }), fc.record({ file: fc.constant("./f") })),
  ),
  secrets: fc.dictionary(
    fc.constantFrom("a", "b1"),
    fc.record({ environment: fc.constantFrom("HOME", "V") }),
  ),
});

function someOf(rows: Record<string, Shape>, always: string[]): fc.Arbitrary<Record<string, unknown>> {
  const usable = Object.entries(rows).filter(
    ([name, row]) => row.refused === undefined && !unusable.includes(name),
  );
  const names = usable.map(([name]) => name);
  return fc.subarray(names, { maxLength: 4 }).chain((chosen) => {
    const fields = Object.fromEntries(
      [...always, ...chosen].map((name) => [name, valueOf((rows[name] as Shape).schema)]),
    );
    return fc.record(fields).map(({ build, ...service }: Record<string, unknown>) => ({
      ...service,
      ...withoutSsh(build),
      image: "x",
    }));
  });
}

/** Returns the project, or the error. */
export async function loadTexts(
  files: Record<string, string>,
  options: Partial<LoadOptions> = {},
): Promise<Project | Error> {
  const read = (file: string): string => {
    const text = files[file.replace("/project/", "")];
    if (text !== undefined) return text;
    throw Object.assign(new Error(`no such file: ${file}`), { code: "ENOENT" });
  };
  return load({
    cwd: "/project",
    env: {},
    files: Object.keys(files),
    read,
    profiles: ["*"],
    ...options,
  }).catch((error: Error) => error);
}

/** A text with some pieces replaced by others. */
export function broken(texts: string[]): fc.Arbitrary<string> {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "\n",
    "  ",
    "&a ",
    "*a",
    "<<: *a",
    "!reset ",
    "!override ",
    "${",
    "}",
    "$",
    '"',
    "'",
    "|",
    ">",
    "#",
    "?",
    "~",
    "0x",
    "\t",
    "\u0000",
    "\uD83D",
    "- - -",
    "---\n",
    "...\n",
    "services:",
    "!!int ",
    "null",
  ];
  return fc
    .tuple(
      fc.constantFrom(...texts),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 20 }), fc.constantFrom(...pieces, "")), {
        minLength: 1,
        maxLength: 4,
      }),
    )
    .map(([text, cuts]) =>
      cuts.reduce((current, [at, length, piece]) => {
        const start = at % (current.length + 1);
        return current.slice(0, start) + piece + current.slice(start + length);
      }, text),
    );
}

/** docker compose prints ssh keys without a path in a syntax that it cannot read. */
function withoutSsh(build: unknown): Record<string, unknown> {
  if (typeof build !== "object" || build === null) return build === undefined ? {} : { build };
  return { build: { ...build, ssh: undefined } };
}
