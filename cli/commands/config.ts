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
  host?: string;
  quiet?: boolean;
  output?: string;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    {
      flags: "--format <format>",
      does: "Format the output: yaml (the default) or json",
      choices: ["yaml", "json"],
    },
    {
      flags: "--for-host <host>",
      does: "Print the part of the file for one host, for use with docker compose there",
    },
    { flags: "--host <host>", does: "Same as --for-host", hidden: true },
    { flags: "--services", does: "Print the service names, one per line" },
    { flags: "--volumes", does: "Print the volume names, one per line" },
    { flags: "--networks", does: "Print the network names, one per line" },
    { flags: "--images", does: "Print the image names, one per line" },
    {
      flags: "--models",
      does: "Print the model names, one per line; always empty, as models are not supported",
      hidden: true,
    },
    { flags: "--profiles", does: "Print the profile names, one per line" },
    { flags: "--environment", does: "Print environment used for interpolation" },
    { flags: "--variables", does: "Print model variables and default values" },
    {
      flags: "--hash <services>",
      does: "Print the service config hash, one per line; '*' for all services",
    },
    { flags: "--resolve-image-digests", does: "Pin image tags to digests" },
    { flags: "--lock-image-digests", does: "Produce an override file with image digests" },
    { flags: "--no-interpolate", does: "Do not interpolate environment variables" },
    { flags: "--no-normalize", does: "Do not normalize the compose model" },
    { flags: "--no-path-resolution", does: "Do not resolve file paths" },
    { flags: "--no-env-resolution", does: "Do not resolve service env files (env_file, label_file)" },
    { flags: "--no-consistency", does: "Do not check model consistency" },
    { flags: "--all-resources", does: "Include all resources, even those not used by services" },
    { flags: "-q, --quiet", does: "Only validate the configuration, do not print anything" },
    { flags: "-o, --output <file>", does: "Save to file" },
  ],
  details:
    "If the file does not use attributes of k2-compose, `--format json` prints the same document as `docker compose\n" +
    "config`.",
  examples: [
    ["config -q", "validate the files"],
    ["config --for-host db1 > compose.yaml", "write the file that docker compose would run on db1"],
    ["config --hash '*'", "print hashes to compare with those of running containers"],
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
  const isTolerant = isNamesOnly(options) && options.consistency && options.envResolution;
  const project = await chosen(context, isTolerant ? await tolerant(context, load) : load, names, options);
  const listed = lists(project, options);
  if (listed !== undefined) return listed.map((line) => `${line}\n`).join("");
  if (options.hash !== undefined) return hashes(project, options.hash);
  const isPinned = options.resolveImageDigests === true || options.lockImageDigests === true;
  const pinned = isPinned ? await withDigests(context, project) : project;
  if (options.quiet === true) return "";
  const document = options.lockImageDigests
    ? imagesOf(pinned)
    : toDocument(pinned, { spelled: options.format === "json" });
  // In its JSON, docker compose also escapes $ in keys, although keys are not interpolated.
  if (options.format === "json") return formatted(document, "json").replaceAll("$", "$$$$");
  return formatted(withoutVariables(document), "yaml");
}

async function loadOptions(context: Context, options: Options): Promise<LoadOptions> {
  return {
    ...(await (isNamesOnly(options) ? context.loadOptions() : context.valueOptions())),
    normalize: options.normalize,
    consistency: options.consistency,
    resolvePaths: options.pathResolution,
    resolveEnvironment: options.envResolution,
    allResources: options.allResources === true,
  };
}

/** For lists of names, a fault that matters only when containers are created is a warning. */
async function tolerant(context: Context, load: LoadOptions): Promise<LoadOptions> {
  const { load: loadProject } = await import("../../provider/compose/load/load.js");
  const fault = await loadProject(load).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!K2Error.is(fault) || fault.code !== "invalid-file") return load;
  const rest = { ...load, consistency: false, resolveEnvironment: false };
  await loadProject(rest).catch(() => {
    throw fault;
  });
  context.out.warn(`containers cannot be created: ${fault.message}`);
  return rest;
}

/** Lists of names need no values of encrypted variables. */
function isNamesOnly({ services, volumes, networks, profiles, variables, interpolate }: Options): boolean {
  return !interpolate || [services, volumes, networks, profiles, variables].includes(true);
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
  const host = options.forHost ?? options.host;
  if (host === undefined) return project;
  const { renderForHost } = await import("../../provider/model/plan/render-for-host.js");
  return renderForHost(project, host);
}

/** An override file, to be given with -f after the other files. */
function imagesOf({ services }: Project): object {
  const images = Object.entries(services).map(([name, { image }]): [string, object] => [
    name,
    image === undefined ? {} : { image },
  ]);
  return { services: Object.fromEntries(images) };
}

function hashes(project: Project, wanted: string): string {
  const names = wanted === "*" ? Object.keys(project.services) : wanted.split(",");
  return names.map((name) => `${name} ${hashOf(project, name)}\n`).join("");
}

function hashOf(project: Project, name: string): string {
  const service = project.services[name];
  if (service === undefined) throw new K2Error("not-found", `no such service: ${name}`);
  return serviceHash(service);
}

function formatted(document: unknown, format: "yaml" | "json" = "yaml"): string {
  if (format === "yaml") return toYaml(document);
  const plain = (_key: string, value: unknown): unknown =>
    typeof value === "bigint" ? Number(value) : value;
  return `${JSON.stringify(document, plain, 2)}\n`;
}
