/**
 * Which folder may import which. Types count too: a folder can be read with those below it, and without those above.
 * test/unit/structure.test.ts holds both tables against the tree.
 */
import { dirname, posix, relative, resolve } from "node:path";

/** The areas of the product, and the areas that each imports. */
export const areas = {
  "provider/shared": [],
  "provider/compose": ["provider/shared"],
  "provider/model": ["provider/compose", "provider/shared"],
  "provider/engine": ["provider/model", "provider/compose", "provider/shared"],
  // What needs compose files, the model and the hosts at once.
  "provider/planning": ["provider/engine", "provider/model", "provider/compose", "provider/shared"],
  // Handlers live in a process of their own, and load no resources.
  "provider/handlers": ["provider/engine", "provider/model", "provider/compose", "provider/shared"],
  // Resources live in the program's process, and load @pulumi/pulumi.
  "provider/resources": ["provider/model", "provider/shared"],
  // The library that users import.
  provider: [
    "provider/resources",
    "provider/planning",
    "provider/model",
    "provider/compose",
    "provider/shared",
  ],
  program: ["provider", "provider/resources", "provider/shared"],
  runtime: ["provider", "provider/resources", "provider/handlers", "provider/shared"],
  // The CLI reads the state and calls the engines: it loads neither resources nor handlers.
  cli: ["provider/planning", "provider/engine", "provider/model", "provider/compose", "provider/shared"],
};

/** The folders of an area from the bottom up: each imports those of the lines above it, and its own files. */
export const floors = {
  "provider/compose": [
    ["tree"],
    ["values"],
    ["schema"],
    // types.ts: most types of a project are those of the schema's rows.
    [""],
    ["interpolate"],
    ["source"],
    ["validate", "resolve"],
    ["merge"],
    ["load", "output"],
  ],
  "provider/model": [
    ["tables"],
    [""],
    ["images"],
    ["swarm"],
    ["swarm/spec", "swarm/cluster", "swarm/convergence"],
    ["swarm/drift"],
    ["reconcile"],
    ["placement"],
    ["plan"],
    ["changes"],
    ["history"],
  ],
  "provider/engine": [
    ["create-options", "grpc/proto"],
    ["connection"],
    ["observe", "grpc", "resources"],
    ["images", "swarm"],
    ["containers"],
    ["files"],
    ["inspection", "builder"],
  ],
  "provider/handlers": [["process"], ["pulumi"], ["image", "service", "swarm"], [""]],
  cli: [
    ["terminal/template"],
    ["terminal"],
    ["arguments"],
    ["pulumi"],
    ["containers"],
    ["application"],
    ["changes", "history"],
    ["images", "logs", "ps", "hosts", "agent", "config"],
    ["show"],
    ["deployment"],
    ["rollback"],
    ["up"],
    ["run", "watch"],
    // main, parse and the catalog. The catalog imports a command by its name, when it is called.
    [""],
    ["completion"],
    ["commands"],
  ],
};

/** The area of a folder: the longest name in the table that it is or lies below. */
export function areaOf(folder) {
  return Object.keys(areas)
    .filter((area) => folder === area || folder.startsWith(`${area}/`))
    .sort((one, other) => other.length - one.length)[0];
}

export function floorOf(folder) {
  const area = areaOf(folder);
  const below = posix.relative(area, folder);
  return (floors[area] ?? [[""]]).findIndex((names) => names.includes(below));
}

/** Why a folder may not import another one; undefined if it may. */
export function refusal(from, to) {
  const [area, other] = [areaOf(from), areaOf(to)];
  if (other === undefined || from === to) return undefined;
  if (area !== other)
    return areas[area].includes(other)
      ? undefined
      : `${area} imports ${areas[area].join(", ") || "no other area"}`;
  return floorOf(to) < floorOf(from) ? undefined : `${to} is not below ${from}`;
}

export const layers = {
  rules: {
    imports: {
      meta: { type: "problem", schema: [] },
      create(context) {
        const folderOf = (path) => relative(context.cwd, dirname(path)).replaceAll("\\", "/");
        const from = folderOf(context.filename);
        const check = (node) => {
          const specifier = node.source?.value;
          if (typeof specifier !== "string" || !specifier.startsWith(".")) return;
          const why = refusal(from, folderOf(resolve(dirname(context.filename), specifier)));
          if (why !== undefined) context.report({ node, message: `${why} (see eslint.layers.js)` });
        };
        return {
          ImportDeclaration: check,
          ExportNamedDeclaration: check,
          ExportAllDeclaration: check,
          ImportExpression: check,
          TSImportType: (node) => check({ ...node, source: node.source ?? node.argument?.literal }),
        };
      },
    },
  },
};
