/** Images of an earlier deployment: the recorded contents are required, whatever their names refer to now. */
import type { HostImageInputs, HostImageOutputs, ImageInputs, ImageOutputs, Pinned } from "../kinds.js";
import { type HostSnapshot } from "../observed.js";
import { imageNamed } from "../images/find-image.js";
import { shortDigest, shortId } from "../images/digest.js";
import { type Reason, reasonFor, reasonThat } from "../reasons.js";
import { isOpen } from "../unknown.js";

export function pinnedDrift({ image }: ImageInputs, pinned: string, state: Partial<ImageOutputs>): Reason[] {
  return pinned === state.digest
    ? []
    : [reasonThat("rollback", image, `rolls back to ${shortDigest(pinned)}`)];
}

export function pinnedOnHostDrift(
  { image }: HostImageInputs,
  { digest, pinned: { imageId } }: { digest: string; pinned: Pinned },
  state: Partial<HostImageOutputs>,
  seen: HostSnapshot | undefined,
): Reason[] {
  if (isOpen(digest)) return [reasonFor("moved", image, "its digest changes")];
  const there = seen && imageNamed(seen.images, image);
  if (state.imageId === imageId && state.digest === digest && (!seen || there?.id === imageId)) return [];
  return [reasonThat("rollback", image, `rolls back to ${shortId(imageId)}`)];
}
