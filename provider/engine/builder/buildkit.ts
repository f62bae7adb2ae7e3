import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { K2Error } from "../../shared/errors.js";
import type { Engine } from "../connection/connect.js";
import { sleep } from "../connection/deadline.js";
import { connectionFailure } from "../connection/failure.js";
import {
  type BuildDefinition,
  cacheEntries,
  entitlementsOf,
  frontendAttributes,
  fullName,
} from "./definition.js";
import { type BaseInputs, baseInputs } from "./bases.js";
import { imageStoreOf } from "../images/image-store.js";
import { buildFailure } from "./build-failure.js";
import { openControl } from "../grpc/buildkit-control.js";
import type { GrpcClient } from "../grpc/grpc-client.js";
import { GrpcError, grpcStatus } from "../grpc/protocol.js";
import { withHostGateway } from "./host-gateway.js";
import { Control, type SolveRequestSchema } from "../grpc/proto/control_pb.js";
import { openSession } from "./buildkit-session.js";
import type { Sources } from "./build-sources.js";
import { openAgents } from "./ssh-keys.js";
import { BuildTrace } from "./build-progress.js";
import type { Builder, BuildOptions } from "./builder.js";

/** Returns a builder that uses the engine's BuildKit; undefined if the engine has none. */
export async function buildKitOf(engine: Engine, signal?: AbortSignal): Promise<Builder | undefined> {
  const control = await openControl(engine, signal);
  if (control === undefined) return undefined;
  return {
    close: () => control.close(),
    build: (definition, sources, options) => buildWith(engine, control.client, definition, sources, options),
  };
}

async function buildWith(
  engine: Engine,
  control: GrpcClient,
  written: BuildDefinition,
  { dockerfile, agents: given, ...offers }: Sources,
  options: BuildOptions,
): Promise<void> {
  const { signal } = options;
  if (written.memory !== undefined)
    options.onWarning?.("BuildKit does not support a memory limit for builds (--memory): no limit is set");
  await assertStoreForAttestations(engine, written, signal);
  const definition = await withPossiblePlatforms(
    engine,
    await withHostGateway(engine, control, written),
    signal,
  );
  const asked = frontendAttributes(definition, dockerfile, await engine.apiVersion());
  const { attributes: named, inputs } = await baseInputs(engine, definition, signal);
  const attributes = { ...asked, ...named };
  const sharedKey = createHash("sha256").update(`${hostname()} ${definition.context}`).digest("hex");
  const agents = await openAgents(given, engine.env, signal);
  try {
    const session = await openSession(engine, { ...offers, agents: agents.sockets, sharedKey }, signal);
    try {
      await solve(engine, control, { definition, attributes, inputs, session: session.id }, options);
    } finally {
      // Closing the connection also ends a build whose caller has aborted.
      session.close();
    }
  } finally {
    await agents.close();
  }
}

/**
 * Attestations are manifests beside the image's own. Engines with a graph driver image store drop them without a
 * warning.
 */
async function assertStoreForAttestations(
  engine: Engine,
  { provenance = "false", sbom = "false" }: BuildDefinition,
  signal?: AbortSignal,
): Promise<void> {
  const asked = Object.entries({ provenance, sbom }).flatMap(([key, value]) =>
    value === "false" ? [] : key,
  );
  if (asked.length === 0 || (await imageStoreOf(engine, signal))?.kind !== "layers") return;
  throw new K2Error("unsupported", `this engine's store cannot hold an image with ${asked.join(" and ")}`, {
    at: engine.host.name,
    hint: "Turn on its containerd image store (daemon.json), or build without attestations.",
  });
}

/**
 * A graph driver image store holds one platform per name: the build then targets the engine's own platform, as with
 * docker compose's `up`.
 */
async function withPossiblePlatforms(
  engine: Engine,
  definition: BuildDefinition,
  signal?: AbortSignal,
): Promise<BuildDefinition> {
  if ((definition.platforms?.length ?? 0) < 2) return definition;
  const store = await imageStoreOf(engine, signal);
  const { platforms: _several, ...rest } = definition;
  return store?.kind === "layers" ? rest : definition;
}

interface Solve {
  definition: BuildDefinition;
  attributes: Record<string, string>;
  inputs: BaseInputs["inputs"];
  session: string;
}

async function solve(
  engine: Engine,
  control: GrpcClient,
  what: Solve,
  { names, onLine, signal }: BuildOptions,
): Promise<void> {
  const ref = randomBytes(16).toString("hex");
  const trace = new BuildTrace();
  const all = [...names, ...(what.definition.tags ?? [])];
  const solving = control.unary(Control.method.solve, solveRequest(ref, what, all));
  const reporting = (async () => {
    for await (const report of control.stream(Control.method.status, { ref }))
      trace.add(report).forEach((line) => onLine?.(line));
  })();
  // The reports end with the build. If they break off, the build itself returns the error.
  const reported = reporting.catch(() => undefined);
  try {
    await solving;
    await reported;
  } catch (error) {
    if (signal?.aborted)
      throw new K2Error("cancelled", "cancelled", { at: engine.host.name, cause: signal.reason });
    if (!(error instanceof GrpcError) || error.status === grpcStatus.unavailable)
      throw connectionFailure(engine.host, error);
    // A build that is refused before it starts sends neither reports nor their end.
    await Promise.race([reported, sleep(2_000)]);
    throw buildFailure(engine, error.message, trace.failure);
  }
}

function solveRequest(
  ref: string,
  { definition, attributes, inputs, session }: Solve,
  names: string[],
): MessageInitShape<typeof SolveRequestSchema> {
  const exporter = { type: "moby", attrs: { name: names.map(fullName).join(",") } };
  const caches = cacheEntries(definition.cache_to).map(({ Type, Attrs }) => ({ type: Type, attrs: Attrs }));
  return {
    ref,
    // Older engines accept one exporter, newer ones a list.
    exporter: exporter.type,
    exporterAttrs: exporter.attrs,
    exporters: [exporter],
    session,
    frontend: "dockerfile.v0",
    frontendAttrs: attributes,
    frontendInputs: inputs,
    cache: { exports: caches },
    entitlements: entitlementsOf(definition),
  };
}
