import { forEachService } from "../application/for-each-service.js";
import { defineCommand } from "../command.js";
import { confirmAll } from "../terminal/confirm.js";
import { noteDrift } from "../application/live-application.js";
import { stopService } from "../application/start-stop.js";
import { targets } from "../application/targets.js";

interface Options {
  timeout?: number;
  time?: number;
  yes?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    {
      flags: "-t, --timeout <seconds>",
      does: "Specify a shutdown timeout in seconds (default: stop_grace_period, else 10)",
      number: true,
    },
    {
      flags: "--time <seconds>",
      does: "Same as --timeout, as the original k2-compose calls it",
      number: true,
      hidden: true,
    },
    { flags: "-y, --yes", does: "Run non-interactively: assume yes" },
  ],
  details:
    "Stops dependents before their dependencies. Without names, stops all services; in a terminal after\n" +
    "confirmation.",
  examples: [
    ["stop web", "stop a service on all its hosts"],
    ["stop -t 3 -y", "stop all services within 3 seconds, without confirmation"],
  ],

  run: async (context, { args, options: { timeout, time, yes } }) => {
    const services = await targets(context, args);
    await confirmAll(context, { doing: "stop ALL-Services", names: args, yes });
    let stopped = 0;
    const code = await forEachService(context, services, {
      doing: "Stopping",
      order: "stop",
      run: async (service, engine) => {
        const warning = await stopService(service, engine, {
          timeout: timeout ?? time,
          signal: context.signal,
        });
        if (warning === undefined) stopped++;
        return warning;
      },
    });
    if (stopped > 0) await noteDrift(context, "starts them again");
    return code;
  },
});
