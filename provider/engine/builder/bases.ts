import { createHash } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { K2Error } from "../../shared/errors.js";
import { findImage, type HistoryStep, imageHistory, type InspectedImage } from "../observe/inspect.js";
import type { Engine } from "../connection/connect.js";
import { type BuildDefinition, fullName } from "./definition.js";
import { type Definition, DefinitionSchema, OpSchema } from "../grpc/proto/llb_pb.js";

/** Images of the engine as named build contexts, in the form that a Solve request takes. */
export interface BaseInputs {
  attributes: Record<string, string>;
  /** By name, as FrontendInputs of a Solve. */
  inputs: Record<string, Definition>;
}

/**
 * The Dockerfile frontend resolves the name of a `docker-image://` context at the registry, whatever the resolve mode,
 * which takes most of a minute where no registry is reachable. Passed as an input of the frontend, the image is an LLB
 * step of our own that refers to the engine's local image; the image metadata that the frontend would have resolved is
 * passed along.
 */
export async function baseInputs(
  engine: Engine,
  { bases = {} }: BuildDefinition,
  signal?: AbortSignal,
): Promise<BaseInputs> {
  const made = await Promise.all(
    Object.entries(bases).map(async ([name, image]) => {
      const found = await inspect(engine, image, signal);
      const config = JSON.stringify(await configOf(engine, image, found, signal));
      const metadata = { "containerimage.config": Buffer.from(config).toString("base64") };
      return { name, metadata: JSON.stringify(metadata), input: definitionOf(image, found) };
    }),
  );
  return {
    attributes: Object.fromEntries(
      made.flatMap(({ name, metadata }) => [
        [`context:${name}`, `input:${name}`],
        [`input-metadata:${name}`, metadata],
      ]),
    ),
    inputs: Object.fromEntries(made.map(({ name, input }) => [name, input])),
  };
}

async function inspect(engine: Engine, image: string, signal?: AbortSignal): Promise<InspectedImage> {
  const found = await findImage(engine, image, signal);
  if (found) return found;
  throw new K2Error("not-found", `there is no image ${image} to build from`, { at: engine.host.name });
}

/** Two LLB operations: the image source, and the terminal operation that refers to it. */
function definitionOf(image: string, { Architecture, Os, Variant }: InspectedImage): Definition {
  const source = opOf({
    source: {
      identifier: `docker-image://${fullName(image)}`,
      attrs: { "image.resolvemode": "local" },
    },
    platform: { architecture: Architecture, os: Os, variant: Variant },
  });
  const end = opOf({ inputs: [{ digest: digestOf(source) }] });
  // BuildKit treats a definition without metadata as absent.
  return create(DefinitionSchema, { def: [source, end], metadata: { [digestOf(source)]: {} } });
}

function opOf(op: MessageInitShape<typeof OpSchema>): Uint8Array {
  return toBinary(OpSchema, create(OpSchema, op));
}

function digestOf(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** The image's configuration, rebuilt from the parts that the engine's API returns. */
async function configOf(
  engine: Engine,
  image: string,
  { Architecture, Os, Variant, Created, Config, RootFS }: InspectedImage,
  signal?: AbortSignal,
): Promise<object> {
  const layers = RootFS?.Layers ?? [];
  const steps = await imageHistory(engine, image, signal);
  const history = historyOf(steps.reverse(), layers.length);
  return {
    architecture: Architecture,
    os: Os,
    ...(Variant && { variant: Variant }),
    ...(Created && { created: Created }),
    config: Config ?? {},
    rootfs: { type: "layers", diff_ids: layers },
    ...(history && { history }),
  };
}

/** Undefined if the history does not show which steps created layers. */
function historyOf(steps: HistoryStep[], layers: number): object[] | undefined {
  if (steps.filter(({ Size }) => Size > 0).length !== layers) return undefined;
  return steps.map(({ Created, CreatedBy, Comment, Size }) => ({
    created: new Date(Math.max(0, Created) * 1000).toISOString(),
    created_by: CreatedBy,
    ...(Comment && { comment: Comment }),
    ...(Size === 0 && { empty_layer: true }),
  }));
}
