import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { toYaml, withoutVariables } from "../../provider/compose/output/yaml-text.js";
import type { LoadOptions } from "../../provider/compose/load/load.js";
import { toDocument } from "../../provider/compose/output/config-text.js";
import type { Project } from "../../provider/compose/types.js";
import { formatPlace, K2Error } from "../../provider/shared/errors.js";
import { serviceHash } from "../../provider/model/reconcile/config-hash.js";
import { defineCommand } from "../command.js";
import { lists, type ListOptions } from "../config/lists.js";
import type { Context } from "../application/context.js";

interface Options extends ListOptions {
  format?: "yaml" | "json";
  hash?: string;
  variables?: boolean;
  interpolate: boolean;
  normalize: boolean;
  consistency: boolean;
  pathResolution: boolean;
  envResolution: boolean;
  allResources?: boolean;
  resolveImageDigests?: boolean;
  lockImageDigests?: boolean;
  forHost?: string;
  quiet?: boolean;
  output?: string;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "--format <format>", does: "yaml (the default) or json", choices: ["yaml", "json"] },
    { flags: "--for-host <host>", does: "The file for one host, as plain docker compose on it could run it" },
    { flags: "--services", does: "Only names of services" },
    { flags: "--volumes", does: "Only names of volumes" },
    { flags: "--networks", does: "Only names of networks" },
    { flags: "--images", does: "Only names of images" },
    { flags: "--models", does: "Only names of models: none, they are refused", hidden: true },
    { flags: "--profiles", does: "Only names of profiles" },
    { flags: "--environment", does: "Only the variables that the file is filled in with" },
    { flags: "--variables", does: "Only the variables that the file uses" },
    {
      flags: "--hash <services>",
      does: "Hashes as docker compose labels containers with; '*' for all services",
    },
    { flags: "--resolve-image-digests", does: "Pin images to what their tags mean in the registry now" },
    { flags: "--lock-image-digests", does: "Only that, as a file to give beside the others (-f)" },
    { flags: "--no-interpolate", does: "Leave variables as they are written" },
    { flags: "--no-normalize", does: "Do not fill in what goes without saying" },
    { flags: "--no-path-resolution", does: "Leave paths as they are written" },
    { flags: "--no-env-resolution", does: "Do not read env_file and label_file" },
    { flags: "--no-consistency", does: "Do not check that everything fits together" },
    { flags: "--all-resources", does: "Also networks, volumes and the like that no service uses" },
    { flags: "-q, --quiet", does: "Only say what is wrong" },
    { flags: "-o, --output <file>", does: "Write into a file" },
  ],
  details:
    "For a file without k2-compose's own words, `--format json` is the document that `docker compose config` prints.",
  examples: [
    ["config -q", "is the file right?"],
    ["config --for-host db1 > compose.yaml", "what docker compose would run on db1"],
    ["config --hash '*'", "does it differ from what runs?"],
  ],

  run: async (context, { args, options }) => {
    const text = await textOf(context, args, options);
    if (options.quiet === true || text === "") return;
    if (options.output === undefined) context.out.write(text);
    else await writeFile(resolve(context.cwd, options.output), text);
  },
});

async function textOf(context: Context, names: string[], options: Options): Promise<string> {
  const load = await loadOptions(context, options);
  const { loadModel } = await import("../../provider/compose/load/load.js");
  if (options.variables === true) {
    const { modelVariables } = await import("../config/variables.js");
    return modelVariables(await loadModel(load), options.format);
  }
  if (!options.interpolate) return formatted(await loadModel(load), options.format);
  const project = await chosen(context, load, names, options);
  const listed = lists(project, options);
  if (listed !== undefined) return listed.map((line) => `${line}\n`).join("");
  if (options.hash !== undefined) return hashes(project, options.hash);
  const isPinned = options.resolveImageDigests === true || options.lockImageDigests === true;
  const pinned = isPinned ? await withDigests(context, project) : project;
  if (options.quiet === true) return "";
  const document = options.lockImageDigests
    ? imagesOf(pinned)
    : toDocument(pinned, { spelled: options.format === "json" });
  // docker compose's JSON has the $ of keys doubled too, though no key is ever filled in.
  if (options.format === "json") return formatted(document, "json").replaceAll("$", "$$$$");
  return formatted(withoutVariables(document), "yaml");
}

async function loadOptions(context: Context, options: Options): Promise<LoadOptions> {
  return {
    ...(await context.loadOptions()),
    normalize: options.normalize,
    consistency: options.consistency,
    resolvePaths: options.pathResolution,
    resolveEnvironment: options.envResolution,
    allResources: options.allResources === true,
  };
}

async function withDigests(context: Context, project: Project): Promise<Project> {
  return (await import("../config/digests.js")).withDigests(context, project);
}

async function chosen(
  context: Context,
  load: LoadOptions,
  names: string[],
  options: Options,
): Promise<Project> {
  const { load: loadProject } = await import("../../provider/compose/load/load.js");
  const loaded = await loadProject(load);
  const project =
    names.length === 0 ? loaded : (await import("../config/selection.js")).onlyServices(loaded, names);
  for (const warning of project.warnings)
    context.out.warn(`${warning.at ? `${formatPlace(warning.at)}: ` : ""}${warning.message}`);
  if (options.forHost === undefined) return project;
  const { renderForHost } = await import("../../provider/model/plan/render-for-host.js");
  return renderForHost(project, options.forHost);
}

/** A file for an `-f` behind the others. */
function imagesOf({ services }: Project): object {
  const images = Object.entries(services).map(([name, { image }]) => [
    name,
    image === undefined ? {} : { image },
  ]);
  return { services: Object.fromEntries(images) as object };
}

function hashes(project: Project, wanted: string): string {
  const names = wanted === "*" ? Object.keys(project.services) : wanted.split(",");
  return names.map((name) => `${name} ${hashOf(project, name)}\n`).join("");
}

function hashOf(project: Project, name: string): string {
  const service = project.services[name];
  if (service === undefined) throw new K2Error("not-found", `no service is called ${name}`);
  return serviceHash(service);
}

function formatted(document: unknown, format: "yaml" | "json" = "yaml"): string {
  if (format === "yaml") return toYaml(document);
  const plain = (_key: string, value: unknown): unknown =>
    typeof value === "bigint" ? Number(value) : value;
  return `${JSON.stringify(document, plain, 2)}\n`;
}
