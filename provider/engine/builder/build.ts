import { K2Error } from "../../shared/errors.js";
import { elementOf } from "../../shared/lookup.js";
import type { Builder, BuildOptions } from "./builder.js";
import type { Engine } from "../connection/connect.js";
import { inspectImage } from "../images/image.js";
import { inSlot } from "../connection/host-slots.js";
import { buildKitOf } from "./buildkit.js";
import { classicBuilder } from "./classic-builder.js";
import type { BuildDefinition } from "./definition.js";
import { readSources } from "./build-sources.js";

/**
 * Builds an image on the engine, with its BuildKit if it has one, and returns the image's id. `DOCKER_BUILDKIT=0`
 * selects the classic builder, as with docker. Throws K2Error "unsupported" if the build needs a feature that the
 * builder lacks.
 */
export async function build(
  engine: Engine,
  definition: BuildDefinition,
  options: BuildOptions,
): Promise<string> {
  const { signal } = options;
  try {
    return await inSlot("build", engine, () => buildNow(engine, definition, options), signal);
  } catch (error) {
    if (!signal?.aborted || K2Error.is(error)) throw error;
    throw new K2Error("cancelled", "cancelled", { at: engine.host.name, cause: error });
  }
}

async function buildNow(engine: Engine, definition: BuildDefinition, options: BuildOptions): Promise<string> {
  const { signal, names } = options;
  const sources = await readSources(definition, { ...sshAgentOf(engine), ...options });
  const builder = await builderOf(engine, signal);
  await builder.build(definition, sources, options).finally(() => builder.close());
  const name = elementOf(names, 0);
  const image = await inspectImage(engine, name, signal);
  if (image !== undefined) return image.id;
  throw new K2Error("engine", `the build of ${name} ended without an error and without an image`, {
    at: engine.host.name,
  });
}

/** The agent for `ssh: [default]`, where no key stands for it. */
function sshAgentOf({ env }: Engine): { sshAgent?: string } {
  return env.SSH_AUTH_SOCK === undefined ? {} : { sshAgent: env.SSH_AUTH_SOCK };
}

async function builderOf(engine: Engine, signal?: AbortSignal): Promise<Builder> {
  const asked = engine.env.DOCKER_BUILDKIT;
  const classic = asked !== undefined && /^(0|f|false)$/i.test(asked);
  const buildKit = classic ? undefined : await buildKitOf(engine, signal);
  return buildKit ?? classicBuilder(engine, classic ? "DOCKER_BUILDKIT is 0" : "this engine has no BuildKit");
}
