/** Images that a service's name meant before, and going back to one of them. */
import { createInterface } from "node:readline/promises";
import type { Engine } from "../../provider/engine/connect.js";
import { tag } from "../../provider/engine/image.js";
import { K2Error } from "../../provider/errors.js";
import { shortId } from "../../provider/model/differences.js";
import { parseImageReference } from "../../provider/model/image-reference.js";
import { imageNamed } from "../../provider/model/observed.js";
import type { Context } from "../context.js";
import { imageOf } from "../image-of.js";
import type { LiveService } from "../live.js";
import { box } from "../table.js";

interface Version {
  id: string;
  created: string;
  tags: string[];
  /** What the name means now. */
  current: boolean;
}

export async function imageHistory(context: Context, services: LiveService[]): Promise<number> {
  for (const service of services)
    context.out.line(table(service, await versionsOf(context, service), context.out.width));
  return 0;
}

/** One service, in a terminal. */
export async function chooseImage(context: Context, services: LiveService[]): Promise<number> {
  const [service] = services;
  if (!service || services.length > 1)
    throw new K2Error("usage", "--config is for one service on one host (SERVICE@HOST)");
  const image = imageOf(service);
  if (image === undefined) throw new K2Error("usage", `the image of ${service.service} has no name`);
  const versions = await versionsOf(context, service);
  context.out.line(table(service, versions, context.out.width));
  if (!context.interactive) throw new K2Error("usage", "--config needs a terminal to choose in");
  const lines = createInterface({ input: context.world.stdin, output: context.world.stdout });
  const answer = await lines
    .question(`Which shall ${image} mean? [0-${versions.length - 1}] `)
    .finally(() => lines.close());
  const chosen = /^\d+$/.test(answer.trim()) ? versions[Number(answer)] : undefined;
  if (!chosen) throw new K2Error("cancelled", "nothing chosen");
  await tag(await context.engine(service.host), chosen.id, image);
  context.out.line(`${image} => ${shortId(chosen.id)}`);
  context.out.note("The next up takes it.");
  return 0;
}

/** Of the same repository: still named or digested so, or run by a container; newest first. */
async function versionsOf(context: Context, service: LiveService): Promise<Version[]> {
  const image = imageOf(service);
  const engine = await context.engine(service.host);
  const images = service.at.snapshot?.images ?? [];
  const current = image === undefined ? undefined : imageNamed(images, image)?.id;
  const repository = image === undefined ? "" : parseImageReference(image).name;
  const same = images.filter(({ tags, digests }) =>
    [...tags, ...digests].some(
      (name) => name.startsWith(`${repository}:`) || name.startsWith(`${repository}@`),
    ),
  );
  const ids = new Set([...same.map(({ id }) => id), ...service.containers.map(({ imageId }) => imageId)]);
  const found = await Promise.all([...ids].map((id) => inspect(engine, id)));
  return found
    .flatMap((version) => (version ? [{ ...version, current: version.id === current }] : []))
    .sort((a, b) => (a.created < b.created ? 1 : -1));
}

async function inspect(engine: Engine, id: string): Promise<Omit<Version, "current"> | undefined> {
  const path = `/images/${id}/json`;
  const found = await engine.get<{ Created: string; RepoTags: string[] | null } | undefined>(path, {
    ok: [404],
  });
  return found && { id, created: found.Created.slice(0, 19), tags: found.RepoTags ?? [] };
}

function table({ service, host }: LiveService, versions: Version[], width: number | undefined): string {
  const rows = versions.map(({ id, created, tags, current }, at) => [
    current ? "*" : "",
    String(at),
    shortId(id),
    created,
    tags.join("\n"),
  ]);
  return box({
    title: `${service}@${host.name}`,
    rows: [["", "#", "Image-Id", "Created", "Names"], ...rows],
    width,
  });
}
