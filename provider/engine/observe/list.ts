/** What an engine lists of each kind. */
import type {
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedVolume,
} from "../../model/observed.js";
import type { Engine } from "../connection/connect.js";
import * as answer from "./list-answers.js";

/** By the engine's names of filters: of each, one of the values must fit; of labels, all. */
export type Filters = Record<string, string[]>;

interface Listing {
  filters?: Filters | undefined;
  signal?: AbortSignal | undefined;
}

/** As list calls and `/events` take them. */
export function filterQuery(filters: Filters | undefined): { filters?: string } {
  return filters === undefined ? {} : { filters: JSON.stringify(filters) };
}

/** Those that run; `all`: also those that do not. */
export async function listContainers(
  engine: Engine,
  { all, filters, signal }: Listing & { all?: boolean },
): Promise<ObservedContainer[]> {
  const query = { all, ...filterQuery(filters) };
  const found = await engine.get<answer.Container[]>("/containers/json", { query, signal });
  return found.map(answer.observedContainer);
}

export async function listImages(engine: Engine, signal?: AbortSignal): Promise<ObservedImage[]> {
  const found = await engine.get<answer.Image[]>("/images/json", { signal });
  return found.map(answer.observedImage);
}

/** Filters find parts of names, too. */
export async function listNetworks(engine: Engine, { filters, signal }: Listing): Promise<ObservedNetwork[]> {
  const found = await engine.get<answer.Network[]>("/networks", { query: filterQuery(filters), signal });
  return found.map(answer.observedNetwork);
}

export async function listVolumes(engine: Engine, { filters, signal }: Listing): Promise<ObservedVolume[]> {
  const call = { query: filterQuery(filters), signal };
  const { Volumes } = await engine.get<{ Volumes: answer.Volume[] | null }>("/volumes", call);
  return (Volumes ?? []).map(answer.observedVolume);
}

/** Makes an engine count all that it has: not to be asked for often. */
export function systemInfo(engine: Engine, signal?: AbortSignal): Promise<answer.Info> {
  return engine.get("/info", { signal });
}
