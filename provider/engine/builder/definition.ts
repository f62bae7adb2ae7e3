import type { Build } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import { parseImageReference } from "../../model/images/reference.js";
import { compareVersions } from "../../model/tables/api-version.js";

/**
 * The builder's input: a service's `build` (provider/compose/schema/build.ts), in which `context` is the absolute path
 * of a folder or the URL of a git repository or archive, plus the settings that the deployment adds.
 */
export interface BuildDefinition extends Build {
  /** Additional contexts by name: local images of the building engine, which are not resolved at a registry. */
  bases?: Record<string, string>;
  /** Bytes; the classic builder only. */
  memory?: number;
}

/** Contexts that the builder fetches itself. */
export function isRemote(context: string): boolean {
  return /^[a-z][a-z0-9+-]*:\/\//.test(context) || /^git@|^github\.com\//.test(context);
}

/** The Dockerfile frontend's attributes for a definition; `dockerfile` is the name within its folder. */
export function frontendAttributes(
  build: BuildDefinition,
  dockerfile: string,
  apiVersion: string,
): Record<string, string> {
  assertPossible(build);
  cacheEntries(build.cache_to);
  assertSupportedBy(build, apiVersion);
  return {
    filename: dockerfile,
    ...(isRemote(build.context) ? { context: build.context } : {}),
    ...(isRemote(build.context) && build.dockerfile_inline !== undefined
      ? { dockerfilekey: "dockerfile" }
      : {}),
    // Local images take precedence, unless `pull` requests a registry look-up.
    "image-resolve-mode": build.pull ? "pull" : "local",
    ...present("target", build.target),
    ...present("platform", build.platforms?.join(",")),
    ...present("shm-size", build.shm_size),
    ...present("add-hosts", build.extra_hosts?.join(",")),
    ...present("ulimit", ulimitsOf(build)),
    ...(build.network === undefined || build.network === "default"
      ? {}
      : { "force-network-mode": build.network }),
    ...(build.no_cache ? { "no-cache": "" } : present("no-cache", build.no_cache_filter?.join(","))),
    ...present("cache-imports", cacheImports(build)),
    ...prefixed("build-arg:", withoutNull(build.args)),
    ...prefixed("label:", build.labels),
    ...prefixed("context:", contextsOf(build)),
    ...attestation("provenance", build.provenance),
    ...attestation("sbom", build.sbom),
  };
}

interface CacheEntry {
  Type: string;
  Attrs: Record<string, string>;
}

export function cacheEntries(written: readonly string[] = []): CacheEntry[] {
  return written.map((entry) => {
    if (!entry.includes("=")) return { Type: "registry", Attrs: { ref: entry } };
    const pairs = entry.split(",").flatMap((pair) => {
      const [name = "", value] = pair.split(/=(.*)/s, 2);
      return value === undefined ? [] : [[name, value] as const];
    });
    const { type = "registry", ...Attrs }: Record<string, string> = Object.fromEntries(pairs);
    if (type === "local")
      throw new K2Error("unsupported", `a build's cache in a folder ("${entry}") would stay on one machine`, {
        hint: "Name an image instead: type=registry,ref=NAME.",
      });
    return { Type: type, Attrs };
  });
}

/** Entitlements, including those that `privileged` and `network` imply. */
export function entitlementsOf({ entitlements = [], privileged, network }: BuildDefinition): string[] {
  const implied = [
    ...(privileged ? ["security.insecure"] : []),
    ...(network === "host" ? ["network.host"] : []),
  ];
  return [...new Set([...entitlements, ...implied])];
}

/** Fully qualified names, as the builder writes them into the engine's store. */
export function fullName(name: string): string {
  const { registry, path, tag = "latest" } = parseImageReference(name);
  return `${registry}/${path}:${tag}`;
}

function assertPossible({ isolation, network }: BuildDefinition): void {
  if (isolation !== undefined && isolation !== "default")
    throw new K2Error("unsupported", `build.isolation "${isolation}" is for engines on Windows`);
  if (network !== undefined && !["default", "host", "none"].includes(network))
    throw new K2Error("unsupported", `a build cannot use the network "${network}"`, {
      hint: "BuildKit supports default, host and none.",
    });
}

/** An older builder ignores these attributes and would build a different image. */
function assertSupportedBy(build: BuildDefinition, apiVersion: string): void {
  if (compareVersions(apiVersion, "1.42") >= 0) return;
  const all = { ...build, additional_contexts: { ...build.additional_contexts, ...build.bases } };
  for (const key of ["additional_contexts", "shm_size", "ulimits"] as const)
    if (Object.keys(all[key] ?? {}).length > 0)
      throw new K2Error(
        "unsupported",
        `build.${key} needs a newer engine: API 1.42 (Docker 23), this one has ${apiVersion}`,
      );
}

/** Folders become local sources, which the builder requests by name over the session. */
function contextsOf({ additional_contexts = {} }: BuildDefinition): Record<string, string> {
  return Object.fromEntries(
    Object.entries(additional_contexts).map(([name, context]) => [
      name,
      isRemote(context) ? context : `local:${name}`,
    ]),
  );
}

function ulimitsOf({ ulimits = {} }: BuildDefinition): string | undefined {
  const written = Object.entries(ulimits).map(([name, limit]) =>
    typeof limit === "number" ? `${name}=${limit}:${limit}` : `${name}=${limit.soft}:${limit.hard}`,
  );
  return written.length === 0 ? undefined : written.join(",");
}

function cacheImports({ cache_from }: BuildDefinition): string | undefined {
  const entries = cacheEntries(cache_from);
  return entries.length === 0 ? undefined : JSON.stringify(entries);
}

function attestation(kind: string, written: string | undefined): Record<string, string> {
  if (written === undefined || written === "false") return {};
  return { [`attest:${kind}`]: written === "true" ? "" : written };
}

function present(name: string, value: string | undefined): Record<string, string> {
  return value === undefined || value === "" ? {} : { [name]: value };
}

function prefixed(prefix: string, values: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}

function withoutNull(args: Record<string, string | null> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(args).filter((pair): pair is [string, string] => pair[1] !== null),
  );
}
