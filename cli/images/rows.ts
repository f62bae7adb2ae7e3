/** The image of each service, and whether its name still refers to that image: for inspect, save and images. */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { findImage } from "../../provider/engine/observe/inspect.js";
import { imageNamed } from "../../provider/model/images/find-image.js";
import { shortId } from "../../provider/model/images/digest.js";
import type { Context } from "../application/context.js";
import { imageOf, type LiveService } from "../application/live-application.js";
import { labelOf } from "../application/targets.js";

export interface ImageRow {
  image: string;
  host: string;
  /** Names of services on one host, as shown. */
  services: [string, ...string[]];
  members: [LiveService, ...LiveService[]];
  /** Undefined if the service has no container and the host no such image. */
  id?: string;
  created?: string;
  labels: Record<string, string>;
  match: "match" | "not match" | "not deployed";
}

/** A row for each image on each host. */
export async function imageRows(context: Context, services: LiveService[]): Promise<ImageRow[]> {
  const rows = new Map<string, ImageRow>();
  for (const service of services) {
    const image = imageOf(service) ?? service.containers[0]?.imageId ?? "";
    const named = imageNamed(service.at.snapshot?.images ?? [], image)?.id;
    const ids = new Set(service.containers.map(({ imageId }) => imageId));
    for (const id of ids.size > 0 ? ids : [undefined]) {
      const match = id === undefined ? "not deployed" : id === named ? "match" : "not match";
      const key = JSON.stringify([image, service.host.name, id, match]);
      const name = labelOf(service, services);
      const known = rows.get(key);
      known?.services.push(name);
      known?.members.push(service);
      if (!known) rows.set(key, rowOf({ image, match, id: id ?? named }, name, service));
    }
  }
  const all = [...rows.values()];
  await Promise.all(all.map(async (row) => describe(await context.engine(row.members[0].host), row)));
  return all.sort((a, b) => a.image.localeCompare(b.image) || a.services[0].localeCompare(b.services[0]));
}

/** The five columns of the original k2-compose. */
export function imageCells(rows: ImageRow[]): string[][][] {
  const head = ["Image", "Service", "Image-Id", "Created", "Labels"];
  return [
    head.map((text) => [text]),
    ...rows.map((row) => [
      [row.image, notes[row.match]],
      row.services,
      [row.id === undefined ? "" : shortId(row.id)],
      [row.created ?? ""],
      Object.entries(row.labels).map(([name, value]) => `${name}=${value}`),
    ]),
  ];
}

export const notes = { match: "", "not match": "!(NOT MATCH)", "not deployed": "(not deployed)" };

function rowOf(
  { image, match, id }: Pick<ImageRow, "image" | "match"> & { id: string | undefined },
  name: string,
  member: LiveService,
): ImageRow {
  return {
    ...{ image, host: member.host.name, match, services: [name], members: [member], labels: {} },
    ...(id !== undefined && { id }),
  };
}

async function describe(engine: Engine, row: ImageRow): Promise<void> {
  if (row.id === undefined) return;
  const found = await findImage(engine, row.id);
  if (!found) return;
  row.created = found.Created.slice(0, 19);
  row.labels = found.Config?.Labels ?? {};
}
