/** `config --resolve-image-digests`: each image by what its tag means in the registry now. */
import type { Project } from "../../provider/compose/types.js";
import { parseImageReference } from "../../provider/model/image-reference.js";
import type { Context } from "../context.js";

export async function withDigests(context: Context, project: Project): Promise<Project> {
  const { registryDigest } = await import("../../provider/engine/image.js");
  const host = project.hosts[project.default_host]!;
  const engine = await context.engine({ name: project.default_host, ...host });
  const pinned = new Map<string, Promise<string>>();
  const pin = async (image: string): Promise<string> => {
    const reference = parseImageReference(image);
    if (reference.digest !== undefined) return image;
    return `${image}@${await registryDigest(engine, image, context.signal)}`;
  };
  const services: Project["services"] = {};
  for (const [name, service] of Object.entries(project.services)) {
    const { image } = service;
    if (image !== undefined && !pinned.has(image)) pinned.set(image, pin(image));
    services[name] = image === undefined ? service : { ...service, image: await pinned.get(image)! };
  }
  return { ...project, services };
}
