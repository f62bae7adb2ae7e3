import pLimit from "p-limit";
import type { Engine } from "../../provider/engine/connect.js";
import { inspectImage } from "../../provider/engine/image.js";
import { pull } from "../../provider/engine/pull.js";
import { K2Error, messageOf } from "../../provider/errors.js";
import { defineCommand } from "../command.js";
import { confirmAll } from "../confirm.js";
import { exitCodeOf } from "../exit-codes.js";
import { type LiveLines, liveLines } from "../live-lines.js";
import { imageOf } from "../image-of.js";
import type { LiveService } from "../live.js";
import { labelOf, reachable, targets } from "../targets.js";

interface Options {
  yes?: boolean;
  quiet?: boolean;
  ignorePullFailures?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-y, --yes", does: "Do not ask" },
    { flags: "-q, --quiet", does: "Say nothing but errors" },
    { flags: "--ignore-pull-failures", does: "Succeed though some image could not be had" },
  ],
  details:
    "Every host pulls what its services use. Nothing is restarted: ps says `changed` where a newer image waits, and the\n" +
    "next up takes it.",

  run: async (context, { args, options: { yes, quiet, ignorePullFailures } }) => {
    const chosen = await targets(context, args);
    await confirmAll(context, { doing: "update ALL-Services Images", names: args, yes });
    const { services, dead } = reachable(context, chosen);
    const limit = pLimit(context.options.parallel ?? 8);
    const lines = await liveLines(context);
    let code = dead ? exitCodeOf("unreachable") : 0;
    try {
      const work = services.map((service) => {
        const label = labelOf(service, services);
        return {
          label,
          image: imageOf(service),
          result: limit(() => attempt(context.engine(service.host), service, label, lines, context.signal)),
        };
      });
      for (const { label, image, result } of work) {
        if (!quiet) lines.say(`Pulling ${label} (${image ?? "built here"})...`);
        const { said, error } = await result;
        if (error === undefined && !quiet) said.forEach((line) => lines.say(line));
        if (error === undefined) continue;
        context.out.error(messageOf(error));
        if (!ignorePullFailures) code ||= K2Error.is(error) ? exitCodeOf(error.code) : 1;
      }
    } finally {
      lines.done();
    }
    return code;
  },
});

/** Never rejects: services are spoken of in their turn. */
async function attempt(
  connecting: Promise<Engine>,
  service: LiveService,
  label: string,
  lines: LiveLines,
  signal: AbortSignal,
) {
  const image = imageOf(service);
  if (image === undefined) return { said: ["Status: it is built, not pulled"] };
  try {
    const engine = await connecting;
    const before = await inspectImage(engine, image, signal);
    const platform = (service.definition ?? service.deployed?.inputs)?.platform;
    const onProgress = ({ text }: { text: string }) => lines.set(label, text);
    const after = await pull(engine, image, { signal, onProgress, ...(platform && { platform }) });
    const digest = after.digests[0]?.split("@")[1];
    const news = before?.id === after.id ? "Image is up to date for" : "Downloaded newer image for";
    return { said: [...(digest ? [`Digest: ${digest}`] : []), `Status: ${news} ${image}`] };
  } catch (error) {
    return { said: [], error };
  } finally {
    lines.remove(label);
  }
}
