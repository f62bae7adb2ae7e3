import { parseByteSize } from "../../provider/compose/values/byte-size.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { Building } from "../../provider/model/kinds.js";
import type { NodeOf, PlanNode } from "../../provider/model/plan/node.js";
import { withNeeds } from "../../provider/model/plan/dependencies.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { namesOf, pushImages } from "../images/push.js";
import { type ComputedChanges, computeChanges } from "../changes/compute-changes.js";
import { targetUrns } from "../changes/plan-targets.js";
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
    { flags: "--build-arg <name=value>", does: "Set build-time variables for services", repeatable: true },
    { flags: "--no-cache", does: "Do not use cache when building the images" },
    { flags: "--pull", does: "Always attempt to pull newer versions of base images" },
    { flags: "--push", does: "Push service images" },
    { flags: "-q, --quiet", does: "Suppress the build output" },
    {
      flags: "--progress <kind>",
      does: "auto, tty, plain (one line for each message of the build), json, rawjson or quiet (default: COMPOSE_PROGRESS, then BUILDKIT_PROGRESS)",
      choices: ["auto", "tty", "plain", "json", "rawjson", "quiet"],
    },
    { flags: "--with-dependencies", does: "Also build dependencies (transitively)" },
    {
      flags: "--ssh <agent>",
      does: "Set SSH authentication for the build: `default` for the SSH agent, or ID=PATH of an agent or key",
    },
    { flags: "--provenance <value>", does: "Add a provenance attestation (true, mode=max)" },
    { flags: "--sbom <value>", does: "Add an SBOM attestation (true)" },
    {
      flags: "-m, --memory <bytes>",
      does: "Set memory limit for the build container. Not supported by BuildKit",
    },
    { flags: "--print", does: "Print equivalent bake file, and build nothing" },
    { flags: "--json", does: "Print events as JSON, one object per line" },
    { flags: "--check", does: "Not supported: use docker buildx", hidden: true },
    { flags: "--builder <name>", does: "Not supported: each host builds with its own engine", hidden: true },
    ...["--parallel", "--compress", "--force-rm", "--no-rm"].map((flags) => ({
      ...{ flags, does: "Accepted without effect, as in docker compose", hidden: true },
    })),
  ],
  details:
    "Builds the images of services with build:, each on the first host that uses it, even if the build context has\n" +
    "not changed. Containers are not recreated and other hosts do not receive the images until the next up, which\n" +
    "uses the images built with the options above.\n\n" +
    "--check and --builder are not supported: use docker buildx to lint Dockerfiles; each host builds with its own\n" +
    "engine.",
  examples: [
    ["build --pull --no-cache web", "build from the newest base image, without cache"],
    ["build --build-arg VERSION=1.2 --push", "build with a build argument, then push"],
  ],

  run: async (given, { args, options }) => {
    assertSupported(options);
    const context = await given.withProfilesOf(args);
    if (options.print) {
      const { bakeFile } = await import("../images/bake.js");
      const project = await context.project();
      return context.out.json(bakeFile(project, args, await buildingOf(context, options), options));
    }
    const {
      withDependencies: deps = false,
      progress = context.options.progress ?? context.env.BUILDKIT_PROGRESS,
    } = options;
    const json = options.json ?? /json$/.test(progress ?? "");
    const quiet = options.quiet ?? progress === "quiet";
    const plain = progress === "plain";
    const building = await buildingOf(context, options);
    const seen = await computeChanges(context, {
      patterns: args,
      options: { build: true, deps, quiet, plain, building },
    });
    const built = seen.plan.nodes.filter(isBuilt).filter(({ id }) => seen.ids.has(id));
    if (built.length === 0) {
      context.out.note("Nothing to build: no service has a build section.");
      return;
    }
    const unbuilt = built.filter((node) => seen.away.has(builderOf(node)?.name ?? ""));
    if (unbuilt.length < built.length) await buildAll(context, seen, built, json);
    if (unbuilt.length > 0) throw notBuiltError(unbuilt, seen);
    return options.push ? pushBuilt(context, seen, built, quiet) : 0;
  },
});

function assertSupported({ check, builder }: Options): void {
  const hint = "Use `docker buildx build --check FOLDER`.";
  if (check)
    throw new K2Error("unsupported", "--check is not supported: docker buildx lints Dockerfiles", { hint });
  if (builder === undefined) return;
  throw new K2Error(
    "unsupported",
    `--builder ${builder} is not supported: each host builds with its own engine`,
    {
      hint: "Set `x-host` to choose the host that builds.",
    },
  );
}

async function buildingOf(context: Context, options: Options): Promise<Building> {
  const { buildArg = [], cache, pull, ssh, provenance, sbom, memory } = options;
  const { environment } = await context.project();
  const args = buildArg.flatMap((text): [string, string][] => {
    const [name = "", value = environment[name]] = text.split(/=(.*)/s, 2);
    // Like docker compose, omits a build argument whose value is not set anywhere.
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
  throw new K2Error("usage", `--memory ${text}: must be a number of bytes, such as 512m`);
}

/** Includes what the images depend on. Hosts are left out, because they are not built. */
async function buildAll(
  context: Context,
  seen: ComputedChanges,
  built: NodeOf<"image">[],
  json: boolean,
): Promise<void> {
  const nodes = new Map(seen.plan.nodes.map((node) => [node.id, node]));
  const ids = withNeeds(
    nodes,
    built.map(({ id }) => id),
  );
  const changes = seen.changes.filter(({ id, kind }) => ids.has(id) && kind !== "host");
  await deployChanges(context, { ...seen, ids, changes }, targetUrns(seen, ids), { json });
}

/** Pushes each image from the host that has built it. */
function pushBuilt(
  context: Context,
  { project }: ComputedChanges,
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
  return pushImages(context, images, { quiet });
}

function builderOf({ context }: NodeOf<"image">) {
  return context.hosts[0];
}

/** Fails if a host that builds an image is unreachable, because no other host builds it. */
function notBuiltError(nodes: NodeOf<"image">[], { away }: ComputedChanges): K2Error {
  const reasons = new Set(nodes.map((node) => away.get(builderOf(node)?.name ?? "")));
  return new K2Error("unreachable", `not built: ${nodes.map(({ name }) => name).join(", ")}`, {
    hint: [...reasons].join("\n"),
  });
}

function isBuilt(node: PlanNode): node is NodeOf<"image"> {
  return node.kind === "image" && node.inputs.build !== undefined;
}
