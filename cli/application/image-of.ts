import { isImageId } from "../../provider/model/images/reference.js";
import type { LiveService } from "./live-application.js";

/** The image's name: as deployed, as in the file, or as its containers were told; undefined for one that is only built. */
export function imageOf({ deployed, definition, containers }: LiveService): string | undefined {
  const name = deployed?.inputs.image ?? definition?.image ?? containers[0]?.image;
  return name === undefined || isImageId(name) ? undefined : name;
}
