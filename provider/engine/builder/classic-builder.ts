import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { soundsSecret } from "../../model/secret-names.js";
import { K2Error, messageOf } from "../../shared/errors.js";
import type { Engine } from "../connection/connect.js";
import { registryConfigHeader } from "../images/registry-auth.js";
import { jsonLines } from "../connection/stream.js";
import { archiveOf } from "../files/archive.js";
import type { Builder, BuildOptions } from "./builder.js";
import type { FolderEntry } from "../files/list-folder.js";
import { type BuildDefinition, cacheEntries, isRemote } from "./definition.js";
import { buildFailure } from "./build-failure.js";
import type { Sources } from "./build-sources.js";

/** The builder that preceded BuildKit, `POST /build`. `because`: why it is used. */
export function classicBuilder(engine: Engine, because: string): Builder {
  return {
    close: () => undefined,
    build: async (definition, sources, options) => {
      assertSupported(engine, definition, because);
      await send(engine, definition, sources, options);
    },
  };
}

/** The keys that require BuildKit, and whether a definition uses them. */
const beyond: [key: string, isAsked: (build: BuildDefinition) => boolean][] = [
  ["secrets", ({ secrets = [] }) => secrets.length > 0],
  ["ssh", ({ ssh = [] }) => ssh.length > 0],
  [
    "additional_contexts",
    ({ additional_contexts, bases }) => Object.keys({ ...additional_contexts, ...bases }).length > 0,
  ],
  ["cache_to", ({ cache_to = [] }) => cache_to.length > 0],
  ["cache_from with a type other than registry", (build) => cachesOf(build) === undefined],
  ["entitlements", ({ entitlements = [] }) => entitlements.length > 0],
  ["privileged", ({ privileged = false }) => privileged],
  ["platforms, more than one", ({ platforms = [] }) => platforms.length > 1],
  ["no_cache_filter", ({ no_cache_filter = [] }) => no_cache_filter.length > 0],
  ["provenance", ({ provenance = "false" }) => provenance !== "false"],
  ["sbom", ({ sbom = "false" }) => sbom !== "false"],
  [
    "dockerfile_inline with a remote context",
    ({ dockerfile_inline, context }) => dockerfile_inline !== undefined && isRemote(context),
  ],
];

function assertSupported({ host }: Engine, build: BuildDefinition, because: string): void {
  const asked = beyond.filter(([, isAsked]) => isAsked(build)).map(([key]) => `build.${key}`);
  if (asked.length > 0)
    throw new K2Error(
      "unsupported",
      `${asked.join(", ")}: not supported by the classic builder (${because})`,
      {
        at: host.name,
        hint: "BuildKit supports it: use an engine with BuildKit (Docker 18.09 or newer), without DOCKER_BUILDKIT=0.",
      },
    );
  const secret = Object.entries(build.args ?? {}).find(([name, value]) => value && soundsSecret(name));
  if (secret)
    throw new K2Error(
      "unsupported",
      `build.args ${secret[0]}: the classic builder takes arguments in a URL (${because})`,
      {
        at: host.name,
        hint: "URLs are logged, and the image's history shows arguments. With BuildKit, write it as one of build.secrets.",
      },
    );
}

async function send(
  engine: Engine,
  definition: BuildDefinition,
  sources: Sources,
  { names, onLine, signal }: BuildOptions,
): Promise<void> {
  const remote = isRemote(definition.context);
  const { archive, dockerfile } = remote
    ? { archive: undefined, dockerfile: sources.dockerfile }
    : await contextArchive(sources, definition);
  const query = { ...wordsOf(definition), ...(remote && { remote: definition.context }), dockerfile };
  const broken = new AbortController();
  archive?.on("error", (error) => broken.abort(error));
  const last: string[] = [];
  try {
    const answer = await engine.stream("POST", "/build", {
      query: { ...query, t: [...names, ...(definition.tags ?? [])] },
      // Credentials for all registries, because FROM may refer to any of them.
      headers: await registryConfigHeader(engine.env),
      ...(archive && { raw: archive }),
      timeout: 24 * 3_600_000,
      signal: AbortSignal.any([broken.signal, ...(signal === undefined ? [] : [signal])]),
    });
    for await (const { stream } of jsonLines<{ stream?: string }>(answer, engine.host, signal)) {
      for (const line of (stream ?? "").split(/\r?\n/).filter((text) => text.trim() !== "")) {
        onLine?.(line);
        last.push(line);
        if (last.length > 15) last.shift();
      }
    }
  } catch (error) {
    const reason: unknown = broken.signal.reason;
    if (broken.signal.aborted)
      throw new K2Error("invalid-file", `the build's context cannot be read: ${messageOf(reason)}`, {
        cause: reason,
      });
    if (K2Error.is(error) && error.code === "engine") throw buildFailure(engine, error.what, last);
    throw error;
  }
}

/** The query parameters of `POST /build`. */
function wordsOf(build: BuildDefinition): Record<string, unknown> {
  const { args, labels, ulimits = {}, extra_hosts = [] } = build;
  const limits = Object.entries(ulimits).map(([Name, limit]) =>
    typeof limit === "number"
      ? { Name, Soft: limit, Hard: limit }
      : { Name, Soft: limit.soft, Hard: limit.hard },
  );
  return {
    version: 1,
    rm: true,
    forcerm: true,
    ...(build.no_cache && { nocache: true }),
    ...(build.pull && { pull: true }),
    ...(args && { buildargs: JSON.stringify(args) }),
    ...(labels && { labels: JSON.stringify(labels) }),
    ...(build.target && { target: build.target }),
    ...(build.network && { networkmode: build.network }),
    ...(build.isolation && { isolation: build.isolation }),
    ...(build.shm_size && { shmsize: build.shm_size }),
    ...(build.memory !== undefined && { memory: build.memory }),
    ...(limits.length > 0 && { ulimits: JSON.stringify(limits) }),
    ...(extra_hosts.length > 0 && { extrahosts: extra_hosts.map((entry) => entry.replace("=", ":")) }),
    ...(build.cache_from && { cachefrom: JSON.stringify(cachesOf(build)) }),
    ...(build.platforms?.[0] && { platform: build.platforms[0] }),
  };
}

/** Names of images; undefined if `cache_from` contains other cache types. */
function cachesOf({ cache_from }: BuildDefinition): string[] | undefined {
  const entries = cacheEntries(cache_from);
  return entries.some(({ Type }) => Type !== "registry")
    ? undefined
    : entries.flatMap(({ Attrs }) => Attrs.ref ?? []);
}

/** The context as a tar archive that includes the Dockerfile. */
async function contextArchive(
  { folders, dockerfileContent }: Sources,
  { dockerfile: written = "Dockerfile", dockerfile_inline }: BuildDefinition,
): Promise<{ archive: Readable; dockerfile: string }> {
  const context = folders.context ?? [];
  const isThere = dockerfile_inline === undefined && context.some(({ path }) => path === written);
  return isThere || dockerfileContent === undefined
    ? { archive: archiveOf(context), dockerfile: written }
    : withDockerfile(context, dockerfileContent);
}

/**
 * Adds a Dockerfile that is not part of the context under a generated name. The engine removes it and .dockerignore
 * again if .dockerignore names them, so that no COPY finds them.
 */
async function withDockerfile(
  context: readonly FolderEntry[],
  content: Buffer,
): Promise<{ archive: Readable; dockerfile: string }> {
  const name = `.dockerfile.${createHash("sha256").update(content).digest("hex").slice(0, 20)}`;
  const ignore = context.find(({ path }) => path === ".dockerignore");
  const rules =
    ignore?.kind === "file" && ignore.source !== undefined ? await readFile(ignore.source, "utf8") : "";
  const own = ignore === undefined ? [".dockerignore", name] : [name];
  const file = (path: string, text: Buffer): FolderEntry => ({
    ...{ path, kind: "file", mode: 0o600, size: text.length, modified: 0, content: text },
  });
  const entries = [
    ...context.filter((entry) => entry !== ignore),
    file(".dockerignore", Buffer.from(`${rules}\n${own.join("\n")}\n`)),
    file(name, content),
  ];
  return { archive: archiveOf(entries), dockerfile: name };
}
