import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { K2Error } from "../../errors.js";
import { connectionFailure } from "../failure.js";
import type { Engine } from "../connect.js";
import { inspectImage } from "../image.js";
import { inSlot } from "../slots.js";
import {
  type BuildDefinition,
  cacheEntries,
  entitlementsOf,
  frontendAttributes,
  fullName,
} from "./definition.js";
import { GrpcClient } from "./grpc-client.js";
import { GrpcError, grpcStatus } from "./grpc.js";
import { encode } from "./protobuf.js";
import { openSession } from "./session.js";
import { type Given, readSources } from "./sources.js";
import { BuildTrace } from "./trace.js";

export interface BuildOptions extends Given {
  /** What the image is called, at least one name; `tags` of the definition come on top. */
  names: string[];
  /** Lines as of `docker build --progress plain`. */
  onLine?: (line: string) => void;
  signal?: AbortSignal;
}

/** Builds on the engine, by its BuildKit; returns the image's id. */
export function build(engine: Engine, definition: BuildDefinition, options: BuildOptions): Promise<string> {
  return inSlot("build", engine.host, () => buildNow(engine, definition, options), options.signal);
}

async function buildNow(engine: Engine, definition: BuildDefinition, options: BuildOptions): Promise<string> {
  const { signal } = options;
  const { dockerfile, ...offers } = await readSources(definition, options);
  const attributes = frontendAttributes(definition, dockerfile, await engine.apiVersion());
  const sharedKey = createHash("sha256").update(`${hostname()} ${definition.context}`).digest("hex");
  const control = new GrpcClient(await openControl(engine, signal));
  const session = await openSession(engine, { ...offers, sharedKey }, signal);
  try {
    await solve(engine, control, { definition, attributes, session: session.id }, options);
  } finally {
    // A build whose caller has left ends with its connection.
    session.close();
    control.close();
  }
  const image = await inspectImage(engine, options.names[0]!, signal);
  if (image !== undefined) return image.id;
  throw new K2Error(
    "engine",
    `the build of ${options.names[0]} ended without an error and without an image`,
    {
      at: engine.host.name,
    },
  );
}

/** The builder's own interface: what `POST /build` can say is less. */
async function openControl(engine: Engine, signal?: AbortSignal) {
  try {
    return await engine.hijack("/grpc", {
      headers: { Upgrade: "h2c" },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (!K2Error.is(error) || error.code !== "not-found") throw error;
    throw new K2Error("unsupported", "this engine has no BuildKit", { at: engine.host.name, cause: error });
  }
}

interface Solve {
  definition: BuildDefinition;
  attributes: Record<string, string>;
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
  const solving = control.unary(`${service}/Solve`, solveRequest(ref, what, all));
  const reporting = (async () => {
    for await (const report of control.stream(`${service}/Status`, encode({ 1: ref })))
      trace.add(report).forEach((line) => onLine?.(line));
  })();
  // The reports end when the build does; that they broke off is said by the build itself.
  const reported = reporting.catch(() => undefined);
  try {
    await solving;
    await reported;
  } catch (error) {
    if (signal?.aborted)
      throw new K2Error("cancelled", "cancelled", { at: engine.host.name, cause: signal.reason });
    if (!(error instanceof GrpcError) || error.status === grpcStatus.unavailable)
      throw connectionFailure(engine.host, error);
    await reported;
    throw buildFailure(engine, error.message, trace.failure);
  }
}

const service = "/moby.buildkit.v1.Control";

function solveRequest(ref: string, { definition, attributes, session }: Solve, names: string[]): Buffer {
  const exporter = { name: names.map(fullName).join(",") };
  const caches = cacheEntries(definition.cache_to).map(({ Type, Attrs }) =>
    encode({ 1: Type, 2: pairs(Attrs) }),
  );
  return encode({
    1: ref,
    // Older engines know one exporter, newer ones a list.
    3: "moby",
    4: pairs(exporter),
    5: session,
    6: "dockerfile.v0",
    7: pairs(attributes),
    8: encode({ 4: caches }),
    9: entitlementsOf(definition),
    13: [encode({ 1: "moby", 2: pairs(exporter) })],
  });
}

function pairs(values: Record<string, string>): Buffer[] {
  return Object.entries(values).map(([key, value]) => encode({ 1: key, 2: value }));
}

function buildFailure(engine: Engine, message: string, log: string[]): K2Error {
  const at = engine.host.name;
  // The builder says so in words only.
  if (/\b401\b|authorization failed|no basic auth credentials|insufficient_scope/.test(message))
    return new K2Error("refused", `build failed: ${message}`, {
      at,
      hint: "Run `docker login REGISTRY` on the machine that runs k2-compose, or check the name of the base image.",
    });
  const hint =
    log.length === 0 ? {} : { hint: `its last lines:\n${log.map((line) => `    ${line}`).join("\n")}` };
  return new K2Error("engine", `build failed: ${message}`, { at, ...hint });
}
