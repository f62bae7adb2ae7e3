import { defineCommand } from "../command.js";
import { watchFiles } from "../watch/watch-session.js";

interface Options {
  up: boolean;
  prune?: boolean;
  quiet?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "--no-up", does: "Do not build and start services before watching" },
    { flags: "--no-prune", does: "Keep images that are replaced by rebuilds of this session" },
    { flags: "--prune", does: "Remove replaced images on rebuild, which is the default", hidden: true },
    { flags: "--quiet", does: "Hide the output of builds and deployments" },
  ],
  details:
    "Runs up, then watches the paths in `develop.watch` of the compose file. sync copies changed files into the\n" +
    "containers on all hosts; restart, sync+restart and sync+exec restart the containers or run a command; rebuild\n" +
    "builds the image and runs up. `initial_sync` copies existing files at the start. Files that .dockerignore of the\n" +
    "service's build excludes are ignored. Press Ctrl-C to end.",

  run: (context, { args, options: { up, prune = true, quiet = false } }) =>
    watchFiles(context, args, { up, prune, quiet }),
});
