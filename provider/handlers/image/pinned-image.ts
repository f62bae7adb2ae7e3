/** The image contents of an earlier deployment on one host, under the name in the file. */
import { recallFromRegistry } from "../../engine/images/transfer-by-registry.js";
import { type Image, inspectImage, tag } from "../../engine/images/image.js";
import { pull } from "../../engine/images/pull.js";
import { K2Error } from "../../shared/errors.js";
import { shortId } from "../../model/images/digest.js";
import { parseImageReference } from "../../model/images/reference.js";
import { namesRegistry } from "../../model/images/transfer-way.js";
import type { HostImageContext, HostImageInputs, Pinned } from "../../model/kinds.js";
import { transferToHost } from "./image-transfer.js";
import { transferOptions } from "./transfer-options.js";
import type { Call } from "../process/handler.js";

/** Uses the image of the host, or else of another host, or else the registry's image for the digest. */
export async function pinnedImage(
  inputs: HostImageInputs,
  { digest, pinned: { imageId, holders }, ...own }: HostImageContext & { pinned: Pinned },
  call: Call,
): Promise<Image> {
  const engine = call.session.engine(inputs.host);
  const there =
    (await inspectImage(engine, imageId, call.signal)) ??
    (await fromOthers(inputs, { imageId, holders }, call));
  if (there) {
    if (parseImageReference(inputs.image).digest === undefined)
      await tag(engine, there.id, inputs.image, call.signal);
    return there;
  }
  if (digest.startsWith("sha256:"))
    return pull(engine, inputs.image, {
      ...transferOptions(call, own),
      digest,
      ...(inputs.platform !== undefined && { platform: inputs.platform }),
    });
  const kept =
    namesRegistry(inputs.image) &&
    (await recallFromRegistry(engine, inputs.image, imageId, transferOptions(call, own)));
  if (kept) return kept;
  throw new K2Error("not-found", `image ${shortId(imageId)} (${inputs.image}) is gone`, {
    at: inputs.host.name,
    hint: "It is no longer on any host, nor in the registry of its name.",
  });
}

async function fromOthers(
  { host }: HostImageInputs,
  { imageId, holders }: Pinned,
  call: Call,
): Promise<Image | undefined> {
  const [holder] = holders;
  if (!holder) return undefined;
  return transferToHost({ image: imageId, builder: holder }, call.session.engine(host), call);
}
