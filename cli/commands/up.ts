import { defineCommand } from "../command.js";
import { withProfilesOf } from "../application/profiles.js";
import { attachOptions, stayAttached, staysAttached } from "../up/attach-options.js";
import { changeOptions, quietOptions } from "../changes/change-options.js";
import { bringUp, demandReached, type UpOptions } from "../up/up.js";

interface Options extends UpOptions {
  detach?: boolean;
  watch?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  details:
    "Brings the hosts to what the compose files say: creates, adopts, changes, moves and removes. In a terminal it asks " +
    "before it replaces or removes anything. Nothing to do means that nothing is run.\n\n" +
    "With --attach it stays and shows what the containers write until they have ended. Ctrl-C stops them, twice kills\n" +
    "them; d leaves them running.",
  options: [
    { flags: "-d, --detach", does: "In the background, as always" },
    { flags: "-y, --yes", does: "Do not ask" },
    { flags: "--wait", does: "Until all is up and healthy, as always" },
    ...changeOptions,
    ...quietOptions,
    {
      flags: "-w, --watch",
      does: "Then follow files as `watch` does, until Ctrl-C",
      conflicts: [
        ...["detach", "wait", "json", "start", "noBuild", "attach", "attachDependencies"],
        ...["abortOnContainerExit", "abortOnContainerFailure", "exitCodeFrom"],
      ],
    },
    ...attachOptions,
    { flags: "--json", does: "What happens, a JSON object a line" },
  ],
  examples: [
    ["up", "all services of the file"],
    ["up web", "web, and what it depends on"],
    ["up --scale web=3", "three containers of web"],
    ["up --attach", "stay, and follow the logs"],
    ["up --exit-code-from tests", "in a pipeline: until tests have ended, and with their exit code"],
  ],
  async run(given, { args, options }) {
    const context = await withProfilesOf(given, args);
    // Loaded only for --watch: other runs do not pay for it.
    const watching = options.watch ? await import("../watch/watch-session.js") : undefined;
    await watching?.rulesFor(context, args);
    const deployed = await bringUp(context, args, options);
    if (!deployed) return 1;
    const { seen, at } = deployed;
    if (watching) return watching.watchFiles(context, args, { up: false, prune: true, quiet: false });
    const code = staysAttached(options) ? await stayAttached(context, seen, args, options, at) : 0;
    if (code === 0) demandReached(seen);
    return code;
  },
});
