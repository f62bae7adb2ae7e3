/** Finds images of an earlier deployment that are no longer available. */
import { sharedName } from "../../provider/engine/images/transfer-by-registry.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { registryDigest } from "../../provider/engine/images/image.js";
import { K2Error } from "../../provider/shared/errors.js";
import { namesRegistry } from "../../provider/model/images/transfer-way.js";
import { shortId } from "../../provider/model/images/digest.js";
import { byDigest } from "../../provider/model/images/reference.js";
import type { HostRef, ImageInputs } from "../../provider/model/kinds.js";
import type { HostSnapshot } from "../../provider/model/observed.js";
import { isKind, type Plan } from "../../provider/model/plan/node.js";

interface ImageSearch {
  snapshots: Map<string, HostSnapshot>;
  /** The engine of a host. */
  engine: (host: HostRef) => Engine;
}

/** Returns a sentence for each. Unreachable hosts are skipped, because nothing will be deployed there. */
export async function missingImages({ nodes }: Plan, { snapshots, engine }: ImageSearch): Promise<string[]> {
  const digests = new Map(
    nodes.filter(isKind("image")).map(({ inputs, context }) => [keyOf(inputs), context.pinnedDigest]),
  );
  const found = nodes.filter(isKind("hostImage")).map(async ({ inputs, context }): Promise<string[]> => {
    const seen = snapshots.get(inputs.host.name);
    const { imageId, holders } = context.pinned ?? { imageId: "", holders: [] };
    if (!seen || holders.length > 0 || seen.images.some(({ id }) => id === imageId)) return [];
    const why = await registryLacks(engine(inputs.host), inputs.image, imageId, digests.get(keyOf(inputs)));
    return why === undefined
      ? []
      : [`${inputs.host.name} needs ${inputs.image} (${shortId(imageId)}), ${why}`];
  });
  return (await Promise.all(found)).flat();
}

/** Why the image cannot be pulled; undefined if it can. */
async function registryLacks(
  engine: Engine,
  image: string,
  imageId: string,
  digest: string | undefined,
): Promise<string | undefined> {
  const pulled = digest?.startsWith("sha256:") ? digest : undefined;
  if (pulled === undefined && !namesRegistry(image))
    return "which is on no host any more, and was never pushed to a registry";
  try {
    await registryDigest(engine, pulled === undefined ? sharedName(image, imageId) : byDigest(image, pulled));
    return undefined;
  } catch (error) {
    if (!K2Error.is(error)) throw error;
    return `which is on no host any more, and cannot be pulled: ${error.what}`;
  }
}

function keyOf({ image, platform = "" }: Pick<ImageInputs, "image" | "platform">): string {
  return `${image} ${platform}`;
}
