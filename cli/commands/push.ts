import { defineCommand } from "../command.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { pushImages, pushableImages } from "../images/push.js";
import { onReachableHosts, targets } from "../application/targets.js";

interface Options {
  quiet?: boolean;
  ignorePushFailures?: boolean;
  includeDeps?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-q, --quiet", does: "Push without printing progress information" },
    { flags: "--ignore-push-failures", does: "Push what it can and ignore images with push failures" },
    { flags: "--include-deps", does: "Also push images of services declared as dependencies" },
  ],
  details:
    "Pushes the images of services with both build: and image:, under that name and the names in build.tags, from the\n" +
    "host that builds them. Containers need not run. Use save to tag and push the images of running containers.",
  examples: [["push web", "push the image built from ./web as registry:5000/web:1"]],

  run: async (context, { args, options: { quiet, ignorePushFailures, includeDeps } }) => {
    const chosen = await targets(context, args, { dependencies: includeDeps });
    const { services, dead } = onReachableHosts(context, chosen);
    const images = pushableImages(services);
    const code = await pushImages(context, images, { quiet, ignoreFailures: ignorePushFailures });
    return dead ? exitCodeOf("unreachable") : code;
  },
});
