import pLimit from "p-limit";
import { push } from "../../provider/engine/push.js";
import { K2Error, messageOf } from "../../provider/errors.js";
import { defineCommand } from "../command.js";
import type { Context } from "../context.js";
import { exitCodeOf } from "../exit-codes.js";
import { type LiveLines, liveLines } from "../live-lines.js";
import type { LiveService } from "../live.js";
import { reachable, targets } from "../targets.js";

interface Options {
  quiet?: boolean;
  ignorePushFailures?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-q, --quiet", does: "Say nothing but errors" },
    { flags: "--ignore-push-failures", does: "Succeed though some image could not be pushed" },
  ],
  details:
    "Pushes what the file both builds and names (build: and image:), under that name, from the host that builds it. It is\n" +
    "for the shelf: whether it runs well is not asked. save tags and pushes what runs.",
  examples: [["push web", "build: ./web and image: registry:5000/web:1 become registry:5000/web:1 there"]],

  run: async (context, { args, options: { quiet, ignorePushFailures } }) => {
    const { services, dead } = reachable(context, await targets(context, args));
    const images = builtOf(services);
    if (images.size === 0 && !quiet)
      context.out.line("Nothing to push: no service has both build: and image:.");
    const limit = pLimit(context.options.parallel ?? 8);
    const lines = await liveLines(context);
    let code = dead ? exitCodeOf("unreachable") : 0;
    try {
      const work = [...images].map(([image, service]) => ({
        image,
        result: limit(() => attempt(context, service, image, lines)),
      }));
      for (const { image, result } of work) {
        const { digest, error } = await result;
        if (digest !== undefined && !quiet) lines.say(`${image} => ${digest}`);
        if (error === undefined) continue;
        context.out.error(messageOf(error));
        if (!ignorePushFailures) code ||= K2Error.is(error) ? exitCodeOf(error.code) : 1;
      }
    } finally {
      lines.done();
    }
    return code;
  },
});

/** Several services may use one image: the first that builds it builds it on the first of its hosts. */
function builtOf(services: LiveService[]): Map<string, LiveService> {
  const found = new Map<string, LiveService>();
  for (const service of services) {
    const { build, image } = service.definition ?? {};
    if (!build || image === undefined) continue;
    const known = found.get(image);
    const isBefore = known?.service === service.service && service.host.name < known.host.name;
    if (!known || isBefore) found.set(image, service);
  }
  return found;
}

/** Never rejects: images are spoken of in their turn. */
async function attempt(context: Context, { host }: LiveService, image: string, lines: LiveLines) {
  try {
    const onProgress = ({ text }: { text: string }) => lines.set(image, text);
    return { digest: await push(await context.engine(host), image, { onProgress, signal: context.signal }) };
  } catch (error) {
    return { error };
  } finally {
    lines.remove(image);
  }
}
