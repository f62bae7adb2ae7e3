/** Lists the engine's resources of each kind. */
import type {
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedVolume,
} from "../../model/observed.js";
import { assertShape } from "../connection/answer-shape.js";
import type { Engine } from "../connection/connect.js";
import * as answer from "./list-answers.js";

/** By the engine's filter names: one of a filter's values must match; of labels, all must. */
export type Filters = Record<string, string[]>;

interface Listing {
  filters?: Filters | undefined;
  signal?: AbortSignal | undefined;
}

/** In the form that list calls and `/events` take. */
export function filterQuery(filters: Filters | undefined): { filters?: string } {
  return filters === undefined ? {} : { filters: JSON.stringify(filters) };
}

/** Running containers; with `all`, also containers that are not running. */
export async function listContainers(
  engine: Engine,
  { all, filters, signal }: Listing & { all?: boolean },
): Promise<ObservedContainer[]> {
  const query = { all, ...filterQuery(filters) };
  const found = await engine.get<answer.Container[]>("/containers/json", {
    query,
    signal,
    shape: answer.shapes.containers,
  });
  return found.map(answer.observedContainer);
}

export async function listImages(engine: Engine, signal?: AbortSignal): Promise<ObservedImage[]> {
  const found = await engine.get<answer.Image[]>("/images/json", { signal, shape: answer.shapes.images });
  return found.map(answer.observedImage);
}

/** Filters also match parts of names. */
export async function listNetworks(engine: Engine, { filters, signal }: Listing): Promise<ObservedNetwork[]> {
  const found = await engine.get<answer.Network[]>("/networks", {
    ...{ query: filterQuery(filters), signal, shape: answer.shapes.networks },
  });
  return found.map(answer.observedNetwork);
}

export async function listVolumes(engine: Engine, { filters, signal }: Listing): Promise<ObservedVolume[]> {
  const call = { query: filterQuery(filters), signal };
  const { Volumes } = await engine.get<{ Volumes?: answer.Volume[] | null }>("/volumes", call);
  assertShape(Volumes ?? [], answer.shapes.volumes, { host: engine.host, request: "GET /volumes" });
  return (Volumes ?? []).map(answer.observedVolume);
}

/** Makes an engine count all its resources, so it should be called rarely. */
export function systemInfo(engine: Engine, signal?: AbortSignal): Promise<answer.Info> {
  return engine.get("/info", { signal, shape: answer.shapes.info });
}
