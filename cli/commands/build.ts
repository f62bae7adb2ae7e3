import { parseByteSize } from "../../provider/compose/values/byte-size.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { Building } from "../../provider/model/kinds.js";
import type { NodeOf, PlanNode } from "../../provider/model/plan/node.js";
import { withNeeds } from "../../provider/model/plan/dependencies.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { namesOf, pushAll } from "../images/push.js";
import { withProfilesOf } from "../application/profiles.js";
import { type Survey, survey } from "../changes/compute-changes.js";
import { targetArguments } from "../changes/plan-targets.js";
import { deployChanges } from "../up/deploy-changes.js";

interface Options {
  json?: boolean;
  progress?: string;
  quiet?: boolean;
  buildArg?: string[];
  cache: boolean;
  pull?: boolean;
  push?: boolean;
  withDependencies?: boolean;
  ssh?: string;
  provenance?: string;
  sbom?: string;
  memory?: string;
  print?: boolean;
  check?: boolean;
  builder?: string;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "--build-arg <name=value>", does: "An argument for all that is built", repeatable: true },
    { flags: "--no-cache", does: "Take nothing from the cache" },
    { flags: "--pull", does: "Ask registries for newer images to build from" },
    { flags: "--push", does: "Then push what has an image:, as push does" },
    { flags: "-q, --quiet", does: "Say nothing but errors" },
    {
      flags: "--progress <kind>",
      does: "auto, tty, plain (all that builds say, a line each), json, rawjson or quiet; or BUILDKIT_PROGRESS",
      choices: ["auto", "tty", "plain", "json", "rawjson", "quiet"],
    },
    { flags: "--with-dependencies", does: "Build also what the named services depend on" },
    { flags: "--ssh <agent>", does: "Lend an ssh agent: `default`, or ID=PATH of one or of a key" },
    { flags: "--provenance <value>", does: "Attest how it was built (true, mode=max)" },
    { flags: "--sbom <value>", does: "Attest what is in it (true)" },
    { flags: "-m, --memory <bytes>", does: "Limit of memory; the classic builder's only" },
    { flags: "--print", does: "Print what is built as a file for docker buildx bake, and build nothing" },
    { flags: "--json", does: "What happens, a JSON object a line" },
    { flags: "--check", does: "Refused: it is docker buildx's", hidden: true },
    { flags: "--builder <name>", does: "Refused: hosts build with their engines", hidden: true },
    ...["--parallel", "--compress", "--force-rm", "--no-rm"].map((flags) => ({
      ...{ flags, does: "Without a meaning, in docker compose too", hidden: true },
    })),
  ],
  details:
    "Builds the images of services with build:, each on the first host that uses it, though nothing of their contexts\n" +
    "changed. No container is touched, and no other host gets the image: the next up does that, and takes what was built\n" +
    "with the options above for what the file says.\n\n" +
    "--check and --builder are refused: linting Dockerfiles is docker buildx's, and each host builds with its own engine.",
  examples: [
    ["build --pull --no-cache web", "from the newest base, all steps anew"],
    ["build --build-arg VERSION=1.2 --push", "for the shelf"],
  ],

  run: async (given, { args, options }) => {
    demandPossible(options);
    const context = await withProfilesOf(given, args);
    if (options.print) {
      const { bakeFile } = await import("../images/bake.js");
      const project = await context.project();
      return context.out.json(bakeFile(project, args, await buildingOf(context, options), options));
    }
    const { withDependencies: deps = false, progress = context.env.BUILDKIT_PROGRESS } = options;
    const json = options.json ?? /json$/.test(progress ?? "");
    const quiet = options.quiet ?? progress === "quiet";
    const plain = progress === "plain";
    const building = await buildingOf(context, options);
    const seen = await survey(context, {
      patterns: args,
      options: { build: true, deps, quiet, plain, building },
    });
    const built = seen.plan.nodes.filter(isBuilt).filter(({ id }) => seen.ids.has(id));
    if (built.length === 0) {
      context.out.note("Nothing to build: no service has build:.");
      return;
    }
    const unbuilt = built.filter((node) => seen.away.has(builderOf(node)?.name ?? ""));
    if (unbuilt.length < built.length) await buildAll(context, seen, built, json);
    if (unbuilt.length > 0) throw notBuilt(unbuilt, seen);
    return options.push ? pushBuilt(context, seen, built, quiet) : 0;
  },
});

function demandPossible({ check, builder }: Options): void {
  const hint = "`docker buildx build --check FOLDER` does it.";
  if (check) throw new K2Error("unsupported", "--check: linting Dockerfiles is docker buildx's", { hint });
  if (builder === undefined) return;
  throw new K2Error("unsupported", `--builder ${builder}: each host builds with its own engine`, {
    hint: "`x-host` says which host that is.",
  });
}

async function buildingOf(context: Context, options: Options): Promise<Building> {
  const { buildArg = [], cache, pull, ssh, provenance, sbom, memory } = options;
  const { environment } = await context.project();
  const args = buildArg.flatMap((text): [string, string][] => {
    const [name = "", value = environment[name]] = text.split(/=(.*)/s, 2);
    // Of a name that nothing is known of, docker compose makes no argument.
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...(args.length > 0 && { args: Object.fromEntries(args) }),
    ...(!cache && { no_cache: true }),
    ...(pull && { pull }),
    ...(ssh !== undefined && { ssh: [ssh || "default"] }),
    ...(provenance !== undefined && { provenance }),
    ...(sbom !== undefined && { sbom }),
    ...(memory !== undefined && { memory: bytesOf(memory) }),
  };
}

function bytesOf(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes !== undefined) return Number(bytes);
  throw new K2Error("usage", `--memory ${text}: it is a number of bytes, as in 512m`);
}

/** What the images need comes along; hosts need no building. */
async function buildAll(
  context: Context,
  seen: Survey,
  built: NodeOf<"image">[],
  json: boolean,
): Promise<void> {
  const nodes = new Map(seen.plan.nodes.map((node) => [node.id, node]));
  const ids = withNeeds(
    nodes,
    built.map(({ id }) => id),
  );
  const changes = seen.changes.filter(({ id, kind }) => ids.has(id) && kind !== "host");
  await deployChanges(context, { ...seen, ids, changes }, targetArguments(seen, ids), json);
}

/** Each from the host that has just built it. */
function pushBuilt(
  context: Context,
  { project }: Survey,
  built: NodeOf<"image">[],
  quiet: boolean,
): Promise<number> {
  const named = new Set(Object.values(project.services).flatMap(({ image }) => image ?? []));
  const images = built.flatMap((node) => {
    const { image, build } = node.inputs;
    const host = builderOf(node);
    if (!host || !named.has(image)) return [];
    return namesOf(image, build).map((name) => ({ image: name, host }));
  });
  return pushAll(context, images, { quiet });
}

function builderOf({ context }: NodeOf<"image">) {
  return context.hosts[0];
}

/** Nobody else builds what its first host would. */
function notBuilt(nodes: NodeOf<"image">[], { away }: Survey): K2Error {
  const reasons = new Set(nodes.map((node) => away.get(builderOf(node)?.name ?? "")));
  return new K2Error("unreachable", `not built: ${nodes.map(({ name }) => name).join(", ")}`, {
    hint: [...reasons].join("\n"),
  });
}

function isBuilt(node: PlanNode): node is NodeOf<"image"> {
  return node.kind === "image" && node.inputs.build !== undefined;
}
