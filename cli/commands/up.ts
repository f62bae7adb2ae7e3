import { isTrue } from "../../provider/compose/source/variables.js";
import { defineCommand } from "../command.js";
import { attachOptions, isAttached } from "../up/attach-options.js";
import { quietOptions, upOptions } from "../changes/change-options.js";
import { assertReached } from "../changes/assert-reached.js";
import { runUp, type UpOptions } from "../up/up.js";

const noMenu = "COMPOSE_MENU has no effect: there is no menu. d detaches, and Ctrl-C stops the containers.";

interface Options extends UpOptions {
  detach?: boolean;
  watch?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  details:
    "Makes the hosts match the compose files: creates, adopts, updates, moves and removes resources. In a terminal it\n" +
    "asks for confirmation before it recreates or removes anything. If nothing has changed, Pulumi does not run.\n\n" +
    "With --attach it follows the logs of the containers until they exit. The first Ctrl-C stops the containers, the\n" +
    "second kills them; d detaches and leaves them running.",
  options: [
    { flags: "-d, --detach", does: "Detached mode, which is the default: run containers in the background" },
    { flags: "-y, --yes", does: "Run non-interactively: assume yes" },
    { flags: "--wait", does: "Wait for services to be running|healthy, which is the default" },
    ...upOptions,
    ...quietOptions,
    {
      flags: "-w, --watch",
      does: "Watch files and sync, rebuild or restart services as `watch` does, until Ctrl-C",
      conflicts: [
        ...["detach", "wait", "json", "start", "noBuild", "attach", "attachDependencies"],
        ...["abortOnContainerExit", "abortOnContainerFailure", "exitCodeFrom"],
      ],
    },
    ...attachOptions,
    { flags: "--json", does: "Print events as JSON, one object per line" },
  ],
  examples: [
    ["up", "deploy all services of the file"],
    ["up web", "deploy web and its dependencies"],
    ["up --scale web=3", "run three containers of web"],
    ["up --attach", "deploy, then follow the logs"],
    ["up --exit-code-from tests", "in a pipeline: run until the tests exit, and return their exit code"],
  ],
  async run(given, { args, options }) {
    const context = await given.withProfilesOf(args);
    // Loaded only for --watch, because it slows down the start.
    const watching = options.watch ? await import("../watch/watch-session.js") : undefined;
    await watching?.rulesFor(context, args);
    const up = () => runUp(context, args, options);
    if (watching) {
      if (!(await watching.orUnhealthy(context, up))) return 1;
      return watching.watchFiles(context, args, { up: false, prune: true, quiet: false });
    }
    const deployed = await up();
    if (!deployed) return 1;
    const { seen, at, silent } = deployed;
    let code = 0;
    if (isAttached(options)) {
      if (isTrue(seen.project.environment.COMPOSE_MENU)) context.warnOnce(noMenu);
      const { attachToDeployed } = await import("../up/attach-to-deployed.js");
      code = await attachToDeployed(context, seen, args, options, at);
    }
    if (code === 0) assertReached(silent);
    return code;
  },
});
