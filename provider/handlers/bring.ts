/** Bits that another host has, and whoever pulls may not get. */
import { connect, type Engine } from "../engine/connect.js";
import type { Image } from "../engine/image.js";
import { transferImage } from "../engine/transfer.js";
import type { HostRef } from "../model/inputs.js";
import type { Way } from "../model/inputs.js";
import type { Call } from "./transport.js";

export async function bring(
  { image, builder, way }: { image: string; builder: HostRef; way?: Way | undefined },
  to: Engine,
  call: Call,
): Promise<Image> {
  return transferImage(connect(builder), to, image, {
    ...(way && { way }),
    onProgress: ({ text }) => call.progress(text),
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
