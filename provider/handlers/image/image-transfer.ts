/** Bits that another host has, and whoever pulls may not get. */
import { connect, type Engine } from "../../engine/connection/connect.js";
import type { Image } from "../../engine/images/image.js";
import { transferImage } from "../../engine/images/transfer.js";
import type { HostRef } from "../../model/kinds.js";
import type { Way } from "../../model/kinds.js";
import type { Call } from "../pulumi/adapter.js";

export async function bring(
  { image, builder, way }: { image: string; builder: HostRef; way?: Way | undefined },
  to: Engine,
  call: Call,
): Promise<Image> {
  return transferImage(connect(builder), to, image, {
    ...(way && { way }),
    onProgress: call.progress,
    onDetour: (why) => {
      if (told.has(why.message)) return;
      told.add(why.message);
      void call.warn(
        `${image} is streamed from ${builder.name}, not by its registry (x-distribute: stream asks none): ${why.message}`,
      );
    },
    signal: call.signal,
  });
}

/** One push fails for all who wait for it. */
const told = new Set<string>();
