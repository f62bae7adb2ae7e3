/** Short documents and the projects or messages that they become: test/fixtures/documents.txt. "%% NAME" begins a further file. */
import { describe } from "node:test";
import { load, loadModel, type LoadOptions } from "../../../provider/compose/load/load.js";
import { toDocument } from "../../../provider/compose/output/config-text.js";
import type { Project } from "../../../provider/compose/types.js";
import { printedSections, reader } from "../../support/printed-sections.js";

/** Without defaults, and without checks of references. */
const bare: Partial<LoadOptions> = {
  normalize: false,
  consistency: false,
  allResources: true,
  resolvePaths: false,
};

describe("documents", () => {
  printedSections("documents.txt", {
    "merged files": loading(bare),
    "attributes of k2-compose": loading(bare),
    "devices and limits": loading(bare),
    "ports, mounts and sections": loading(bare),
    "other attributes": loading(bare),
    "variables as written": reader((written) => loadModel(optionsFor(filesIn(written)))),
    YAML: loading(bare),
    "projects with defaults": loading({}),
    "references and contradictions": loading({ profiles: [] }),
    "variables of the environment": reader((written) => loadedWith(JSON.parse(written) as NodeJS.ProcessEnv)),
    "places and variables of attributes": reader(async (written) => {
      const project = await load(optionsFor(withPlaces));
      const { line, column } = project.positionOf(written) ?? {};
      return [line, column, ...project.variablesIn(written.split("."))];
    }),
    "files of a folder that holds them": reader(async (written) => {
      const contents = written.split(" ").map((name) => [name, "services: {a: {image: x}}"]);
      const { files, warnings } = await load({ ...optionsFor(Object.fromEntries(contents)), files: [] });
      return [
        ...files.map((file) => file.replace("/project/", "")),
        ...warnings.map(({ message }) => message),
      ];
    }),
  });
});

const withPlaces = {
  "compose.yaml": `services:
  web:
    image: "\${A}$EMPTY"
    command: [a, "$A"]
    environment: ["A=$A", "B=$EMPTY", C, "A=$EMPTY"]
    labels: {a.b: "$A"}
  a.b:
    image: x
    command:
      - c
      - d
    networks: [n]
    cap_add: [a, b, c, d, e, f, g, h, i, j, k, l]
networks: {n: {labels: {l: "$A"}}}
`,
  "over.yaml": `services:
  web: {environment: {D: "$A", E: 1}, labels: [m=$EMPTY], extra_hosts: {h: ["$A", "1.1.1.1"]}}
`,
};

/** Loads a folder of several compose and .env files, as the environment selects them. */
async function loadedWith(env: NodeJS.ProcessEnv): Promise<unknown> {
  const services = "services: {a: {image: '${X}'}, p: {image: '${Y:-none}', profiles: [p]}}";
  const {
    name,
    files,
    naming,
    services: active,
    hosts,
  } = await load({
    ...optionsFor({
      "compose.yaml": services,
      "other.yaml": "services: {a: {image: other}}",
      "sub/c.yaml": services,
      "sub/.env": "Y=sub",
      ".env": "X=1",
      "other.env": "X=2\nY=2",
      "docker/config.json": '{"currentContext": "current"}',
      "broken/config.json": "{",
      "home/.docker/config.json": '{"currentContext": "of-home"}',
    }),
    env,
    files: [],
    profiles: [],
  });
  const images = Object.entries(active).map(([service, { image }]) => `${service}=${image}`);
  return [name, naming, hosts.default?.address, ...files, ...images].join(" ");
}

function loading(options: Partial<LoadOptions>) {
  return reader(async (written) => printed(await load({ ...optionsFor(filesIn(written)), ...options })));
}

function filesIn(written: string): Record<string, string> {
  const [first = "", ...rest] = written.split("%% ");
  const further = rest.map((part) => [part.split("\n", 1)[0], part.slice(part.indexOf("\n") + 1)]);
  return { "compose.yaml": first, ...Object.fromEntries(further) };
}

/** Loads the files whose names end in .yaml. */
function optionsFor(files: Record<string, string>): LoadOptions {
  return {
    cwd: "/project",
    env: { A: "a", EMPTY: "", HOME: "/home/me" },
    files: Object.keys(files).filter((name) => name.endsWith(".yaml")),
    profiles: ["*"],
    read: (file) => {
      const text = files[file.replace("/project/", "")];
      if (text !== undefined) return text;
      throw Object.assign(new Error(`no such file: ${file}`), { code: "ENOENT" });
    },
  };
}

/** Omits what each project has. */
function printed(project: Project): unknown {
  const { name, ...document } = toDocument(project, { spelled: true }) as Record<string, unknown>;
  const warnings = project.warnings.map(({ message, at }) => `${at?.line}:${at?.column} ${message}`);
  const hasEmpty = (key: string, value: unknown) =>
    value === null && (key === "command" || key === "entrypoint");
  return JSON.parse(
    JSON.stringify(
      { ...(name !== "project" && { name }), ...document, ...(warnings.length > 0 && { warnings }) },
      (key, value: unknown) => (hasEmpty(key, value) ? undefined : value),
    ),
  );
}
