/** Transfers an image from another host if it cannot be pulled. */
import type { Engine } from "../../engine/connection/connect.js";
import type { Image } from "../../engine/images/image.js";
import { transferImage } from "../../engine/images/transfer.js";
import type { HostRef, Way } from "../../model/kinds.js";
import type { Call } from "../process/handler.js";
import { transferOptions } from "./transfer-options.js";

export async function transferToHost(
  {
    image,
    builder,
    way,
    ...own
  }: { image: string; builder: HostRef; way?: Way | undefined; pullTimeout?: number },
  to: Engine,
  call: Call,
): Promise<Image> {
  return transferImage(call.session.engine(builder), to, image, {
    ...transferOptions(call, own),
    ...(way && { way }),
    onDetour: (why) => {
      // One push fails for all images that wait for it.
      if (!call.memory.isFirst(why.message)) return;
      void call.warn(
        `${image} is streamed from ${builder.name}, not sent through its registry (x-distribute: stream contacts none): ${why.message}`,
      );
    },
  });
}
