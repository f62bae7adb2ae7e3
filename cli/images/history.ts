/** Previous images of a service, and the choice of one of them. */
import { createInterface } from "node:readline/promises";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { tag } from "../../provider/engine/images/image.js";
import { pull } from "../../provider/engine/images/pull.js";
import { findImage } from "../../provider/engine/observe/inspect.js";
import { K2Error } from "../../provider/shared/errors.js";
import { shortId } from "../../provider/model/images/digest.js";
import { parseImageReference } from "../../provider/model/images/reference.js";
import { imageNamed } from "../../provider/model/images/find-image.js";
import type { Context } from "../application/context.js";
import { printAs } from "../terminal/format.js";
import { imageOf, type LiveService } from "../application/live-application.js";
import { box, type Cell } from "../terminal/table.js";
import { type DeployedImage, deployedImages } from "./deployed.js";

interface Version {
  id: string;
  /** The creation time; for an image that the engine does not have, the time of its deployment. */
  created: string;
  tags: string[];
  /** The image that the name refers to now. */
  current: boolean;
  /** Whether the engine has the image. */
  here: boolean;
  /** Numbers of deployments with this image. */
  deployed?: DeployedImage;
}

/** A table for each service and host, or all in one list. */
export async function imageHistory(
  context: Context,
  services: LiveService[],
  { quiet, format }: { quiet?: boolean; format: string },
): Promise<void> {
  const { out } = context;
  const all: { service: LiveService; versions: Version[] }[] = [];
  for (const service of services) all.push({ service, versions: await versionsOf(context, service) });
  const rows = all.flatMap(({ service, versions }) => versions.map((version) => rowOf(service, version)));
  if (quiet) return new Set(rows.map(({ ID }) => ID)).forEach((id) => out.line(id));
  await printAs(out, format, {
    ...{ rows, heads },
    json: () => out.json(rows),
    table: async () => {
      const tables = all.map(({ service, versions }) => table(service, versions, out.width));
      return (await Promise.all(tables)).join("\n");
    },
  });
}

const heads = {
  ...{ Service: "SERVICE", Host: "HOST", ID: "IMAGE ID", Created: "CREATED", Current: "CURRENT" },
  ...{ Here: "HERE", Digest: "DIGEST", Deployments: "DEPLOYMENTS", Names: "NAMES" },
};

function rowOf({ service, host }: LiveService, { id, created, current, here, deployed, tags }: Version) {
  return {
    ...{ Service: service, Host: host.name, ID: id, Created: created, Current: current, Here: here },
    ...{ Digest: deployed?.digest ?? "", Deployments: deployed?.numbers ?? [], Names: tags },
  };
}

/** For one service, in a terminal. */
export async function chooseImage(context: Context, services: LiveService[]): Promise<number> {
  const [service] = services;
  if (!service || services.length > 1)
    throw new K2Error("usage", "--config needs one service on one host (SERVICE@HOST)");
  const image = imageOf(service);
  if (image === undefined) throw new K2Error("usage", `the image of ${service.service} has no name`);
  const versions = await versionsOf(context, service);
  context.out.block(await table(service, versions, context.out.width));
  if (service.definition?.build)
    throw new K2Error("usage", `${service.service} is built, and the next up would build it again`, {
      hint: "Use k2-compose rollback NUMBER to restore a deployment.",
    });
  if (!context.interactive) throw new K2Error("usage", "--config needs a terminal");
  const lines = createInterface({ input: context.world.stdin, output: context.world.stdout });
  const answer = await lines
    .question(`Which image should ${image} refer to? [0-${versions.length - 1}] `)
    .finally(() => lines.close());
  const chosen = /^\d+$/.test(answer.trim()) ? versions[Number(answer)] : undefined;
  if (!chosen) throw new K2Error("declined", "no image selected");
  await retag(context, service, image, chosen);
  context.out.line(`${image} => ${shortId(chosen.id)}`);
  context.out.note("The next up uses this image.");
  return 0;
}

/** An image that the host does not have may still be in its registry. */
async function retag(
  context: Context,
  service: LiveService,
  image: string,
  { id, here, deployed }: Version,
): Promise<void> {
  const { signal } = context;
  const engine = await context.engine(service.host);
  if (here) return tag(engine, id, image, signal);
  const digest = deployed?.digest;
  if (digest === undefined)
    throw new K2Error(
      "not-found",
      `image ${shortId(id)} is no longer available, and was never pushed to a registry`,
      {
        at: engine.host.name,
      },
    );
  await pull(engine, image, {
    ...{ digest, signal, timeout: service.definition?.pull_timeout },
    onSlow: (text) => context.out.warn(text),
  });
}

/**
 * Images of the same repository that have a name or digest of it, are used by a container, or were deployed; newest
 * first.
 */
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
  const deployed = await deployedImages(context, service, repository);
  const running = service.containers.map(({ imageId }) => imageId);
  const ids = new Set([...same.map(({ id }) => id), ...running, ...deployed.keys()]);
  const versions = await Promise.all([...ids].map((id) => versionOf(engine, id, deployed.get(id))));
  return versions
    .map((version) => ({ ...version, current: version.id === current }))
    .sort((a, b) => (a.created < b.created ? 1 : -1));
}

async function versionOf(
  engine: Engine,
  id: string,
  deployed?: DeployedImage,
): Promise<Omit<Version, "current">> {
  const found = await findImage(engine, id);
  const created = found?.Created ?? deployed?.first.toISOString() ?? "";
  return {
    ...{ id, created: created.slice(0, 19), tags: found?.RepoTags ?? [], here: found !== undefined },
    ...(deployed && { deployed }),
  };
}

function table(
  { service, host }: LiveService,
  versions: Version[],
  width: number | undefined,
): Promise<string> {
  const rows = versions.map(({ id, created, tags, current, here, deployed }, at): Cell[] => [
    current ? "*" : "",
    String(at),
    shortId(id),
    here ? created : deployed?.digest === undefined ? "(removed)" : "(to be pulled)",
    deployed?.numbers.join(", ") ?? "",
    tags,
  ]);
  return box({
    title: `${service}@${host.name}`,
    rows: [["", "#", "Image-Id", "Created", "Deployments", "Names"], ...rows],
    width,
  });
}
