/**
 * `config --resolve-image-digests`: replaces tags by the digests that the registry gives now. The engine that would
 * pull the image asks, because it has access to its registries.
 */
import type { Project } from "../../provider/compose/types.js";
import { parseImageReference } from "../../provider/model/images/reference.js";
import { place } from "../../provider/model/placement/place.js";
import type { Context } from "../application/context.js";
import { entryOf, propertyOf } from "../../provider/shared/lookup.js";

export async function withDigests(context: Context, project: Project): Promise<Project> {
  const { registryDigest } = await import("../../provider/engine/images/image.js");
  const placement = place(project);
  const pinned = new Map<string, Promise<string>>();
  const pin = async (image: string, service: string): Promise<string> => {
    const reference = parseImageReference(image);
    if (reference.digest !== undefined) return image;
    const host = Object.keys(placement[service] ?? {})[0] ?? project.default_host;
    const engine = await context.engine({ name: host, ...propertyOf(project.hosts, host) });
    return `${image}@${await registryDigest(engine, image, context.signal)}`;
  };
  const services: Project["services"] = {};
  for (const [name, service] of Object.entries(project.services)) {
    const { image } = service;
    if (image !== undefined && !pinned.has(image)) pinned.set(image, pin(image, name));
    services[name] = image === undefined ? service : { ...service, image: await entryOf(pinned, image) };
  }
  return { ...project, services };
}
