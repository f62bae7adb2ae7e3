import { defineCommand } from "../command.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { pushAll, pushedOf } from "../images/push.js";
import { reachable, targets } from "../application/targets.js";

interface Options {
  quiet?: boolean;
  ignorePushFailures?: boolean;
  includeDeps?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-q, --quiet", does: "Say nothing but errors" },
    { flags: "--ignore-push-failures", does: "Succeed though some image could not be pushed" },
    { flags: "--include-deps", does: "Also what the named services depend on" },
  ],
  details:
    "Pushes what the file both builds and names (build: and image:), under that name and under build.tags, from the host\n" +
    "that builds it. It is for the shelf: whether it runs well is not asked. save tags and pushes what runs.",
  examples: [["push web", "build: ./web and image: registry:5000/web:1 become registry:5000/web:1 there"]],

  run: async (context, { args, options: { quiet, ignorePushFailures, includeDeps } }) => {
    const chosen = await targets(context, args, { dependencies: includeDeps });
    const { services, dead } = reachable(context, chosen);
    const images = pushedOf(services);
    const code = await pushAll(context, images, { quiet, ignoreFailures: ignorePushFailures });
    return dead ? exitCodeOf("unreachable") : code;
  },
});
