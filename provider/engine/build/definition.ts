import { K2Error } from "../../errors.js";

/** A service's `build`, normalised: docker compose's own words. */
export interface BuildDefinition {
  /** Absolute path of a folder, or URL of a git repository or archive. */
  context: string;
  /** Relative to the context, or absolute. */
  dockerfile?: string;
  dockerfile_inline?: string;
  args?: Record<string, string | null>;
  target?: string;
  labels?: Record<string, string>;
  network?: string;
  extra_hosts?: string[];
  shm_size?: string;
  ulimits?: Record<string, number | { soft: number; hard: number }>;
  cache_from?: string[];
  no_cache?: boolean;
  pull?: boolean;
  platforms?: string[];
  secrets?: { source: string; target?: string }[];
  /** "default", or "id=path of an agent's socket". */
  ssh?: string[];
  tags?: string[];
  // What an engine cannot do by its own API.
  additional_contexts?: Record<string, string>;
  cache_to?: string[];
  entitlements?: string[];
  isolation?: string;
  no_cache_filter?: string[];
  privileged?: boolean;
  provenance?: string;
  sbom?: string;
}

/** Refuses what would otherwise be dropped without a word. */
export function demandBuildable(build: BuildDefinition): void {
  const refuse = (key: string, hint: string) => {
    throw new K2Error("unsupported", `build.${key} is more than an engine's own API can do`, { hint });
  };
  for (const [key, isAsked] of beyondTheApi)
    if (isAsked(build)) refuse(key, "It needs `docker buildx` on this machine.");
  if ((build.platforms?.length ?? 0) > 1)
    refuse("platforms", "Name one platform: several at once need `docker buildx`.");
}

const beyondTheApi: [string, (build: BuildDefinition) => boolean][] = [
  ["additional_contexts", (build) => Object.keys(build.additional_contexts ?? {}).length > 0],
  ["cache_to", (build) => (build.cache_to ?? []).some((target) => target !== "type=inline")],
  ["entitlements", (build) => (build.entitlements?.length ?? 0) > 0 || build.privileged === true],
  ["isolation", (build) => build.isolation !== undefined && build.isolation !== "default"],
  ["no_cache_filter", (build) => (build.no_cache_filter?.length ?? 0) > 0],
  ["provenance", (build) => build.provenance !== undefined && build.provenance !== "false"],
  ["sbom", (build) => build.sbom !== undefined && build.sbom !== "false"],
];

/** Contexts that the engine fetches by itself. */
export function isRemote(context: string): boolean {
  return /^(https?|git|ssh|file):\/\//.test(context) || /^git@|^github\.com\//.test(context);
}

/** The query of POST /build. Arguments stand in the URL: so has the API it, and so no secret belongs into them. */
export function buildQuery(build: BuildDefinition, names: string[]): Record<string, unknown> {
  const inline = build.cache_to?.includes("type=inline") ? { BUILDKIT_INLINE_CACHE: "1" } : {};
  return {
    t: names,
    buildargs: { ...build.args, ...inline },
    labels: build.labels ?? {},
    target: build.target,
    networkmode: build.network,
    extrahosts: build.extra_hosts?.map((entry) => entry.replace("=", ":")),
    shmsize: build.shm_size,
    ulimits: JSON.stringify(ulimitsOf(build)),
    cachefrom: JSON.stringify((build.cache_from ?? []).map(cacheReference)),
    nocache: build.no_cache,
    pull: build.pull ? 1 : undefined,
    platform: build.platforms?.[0],
    rm: true,
    forcerm: true,
  };
}

function ulimitsOf({ ulimits = {} }: BuildDefinition) {
  return Object.entries(ulimits).map(([Name, limit]) =>
    typeof limit === "number"
      ? { Name, Soft: limit, Hard: limit }
      : { Name, Soft: limit.soft, Hard: limit.hard },
  );
}

/** "type=registry,ref=host/app" and the short "host/app". */
function cacheReference(source: string): string {
  if (!source.includes("=")) return source;
  const fields = Object.fromEntries(source.split(",").map((pair) => pair.split(/=(.*)/s, 2)));
  if (fields.type !== "registry" || !fields.ref)
    throw new K2Error("unsupported", `build.cache_from "${source}" is more than an engine's own API can do`, {
      hint: "Name an image (type=registry,ref=NAME), or use `docker buildx`.",
    });
  return fields.ref as string;
}
