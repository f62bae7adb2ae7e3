import { push } from "../../provider/engine/push.js";
import { defineCommand } from "../command.js";
import { exitCodeOf } from "../exit-codes.js";
import { inTurn, type Turn } from "../in-turn.js";
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
    const { signal } = context;
    const turns = [...images].map(([image, { host }]): Turn => ({
      label: image,
      work: async (show) => {
        const onProgress = ({ text }: { text: string }) => show(text);
        const digest = await push(await context.engine(host), image, { onProgress, signal });
        return [`${image} => ${digest}`];
      },
    }));
    const code = await inTurn(context, turns, { quiet, ignoreFailures: ignorePushFailures });
    return dead ? exitCodeOf("unreachable") : code;
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
