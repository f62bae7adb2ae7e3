import { createHash } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { K2Error } from "../../shared/errors.js";
import { inPath } from "../../model/images/reference.js";
import { findImage, type InspectedImage } from "../observe/inspect.js";
import type { Engine } from "../connection/connect.js";
import { type BuildDefinition, fullName } from "./definition.js";
import { type Definition, DefinitionSchema, OpSchema } from "../grpc/proto/llb_pb.js";

/** Images of the engine under other names, as a Solve takes them. */
export interface BaseInputs {
  attributes: Record<string, string>;
  /** By name, as FrontendInputs of a Solve. */
  inputs: Record<string, Definition>;
}

/**
 * The Dockerfile frontend asks the registry about the name of a `docker-image://` context, whatever the resolve mode, and
 * for most of a minute where there is no way out. As an input of the frontend it is a step of ours, which says that
 * the engine's own image is meant; what the frontend would have read of the image goes with it.
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

/** Two steps: the image, and the end. */
function definitionOf(image: string, { Architecture, Os, Variant }: InspectedImage): Definition {
  const source = opOf({
    source: {
      identifier: `docker-image://${fullName(image)}`,
      attrs: { "image.resolvemode": "local" },
    },
    platform: { architecture: Architecture, os: Os, variant: Variant },
  });
  const end = opOf({ inputs: [{ digest: digestOf(source) }] });
  // A definition without metadata is none.
  return create(DefinitionSchema, { def: [source, end], metadata: { [digestOf(source)]: {} } });
}

function opOf(op: MessageInitShape<typeof OpSchema>): Uint8Array {
  return toBinary(OpSchema, create(OpSchema, op));
}

function digestOf(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** The image's own configuration file, of which the engine shows the parts. */
async function configOf(
  engine: Engine,
  image: string,
  { Architecture, Os, Variant, Created, Config, RootFS }: InspectedImage,
  signal?: AbortSignal,
): Promise<object> {
  const layers = RootFS?.Layers ?? [];
  const steps = await engine.get<Step[]>(`/images/${inPath(image)}/history`, { signal });
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

interface Step {
  /** Seconds since 1970. */
  Created: number;
  CreatedBy: string;
  Comment: string;
  Size: number;
}

/** Undefined where it does not show which steps made the layers. */
function historyOf(steps: Step[], layers: number): object[] | undefined {
  if (steps.filter(({ Size }) => Size > 0).length !== layers) return undefined;
  return steps.map(({ Created, CreatedBy, Comment, Size }) => ({
    created: new Date(Math.max(0, Created) * 1000).toISOString(),
    created_by: CreatedBy,
    ...(Comment && { comment: Comment }),
    ...(Size === 0 && { empty_layer: true }),
  }));
}
