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
    { flags: "--no-up", does: "Do not run up first" },
    { flags: "--no-prune", does: "Keep the images that its own rebuilds have replaced" },
    { flags: "--prune", does: "As always", hidden: true },
    { flags: "--quiet", does: "Do not show what up and its builds do" },
  ],
  details:
    "`develop.watch` of the file says what follows a change: sync copies files into the containers, on whatever host they\n" +
    "run; restart, sync+restart and sync+exec go on from there; rebuild builds the image and runs up. up is run first, and\n" +
    "`initial_sync` copies what is there then. What .dockerignore of the service's build names is left alone.\n" +
    "Ends at Ctrl-C.",

  run: (context, { args, options: { up, prune = true, quiet = false } }) =>
    watchFiles(context, args, { up, prune, quiet }),
});
